import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createFold } from './fold.ts';
import { isOutage } from './postgres.ts';

/** Decides after a moment, and keeps what was decided together. */
function createDesk(fail: (items: readonly number[]) => Error | null = () => null) {
  const together: (readonly number[])[] = [];
  const work = async (items: readonly number[]) => {
    together.push(items);
    await sleep(5);
    const error = fail(items);
    if (error !== null) throw error;
    return items.map((item) => `did ${item}`);
  };
  const fold = createFold(3, work, (error) => !isOutage(error));
  return { fold, together };
}

test('what comes at once, or while its key is under way, is done together, in order, so many at once', async () => {
  const { fold, together } = createDesk();
  const first = [fold('a', 1), fold('a', 2)];
  await sleep(1);
  const later = [3, 4, 5, 6].map((item) => fold('a', item));
  expect(await Promise.all([...first, ...later])).toEqual([1, 2, 3, 4, 5, 6].map((item) => `did ${item}`));
  expect(together).toEqual([[1, 2], [3, 4, 5], [6]]);
});

test('another key waits for nobody, and a key begins anew when all of it is done', async () => {
  const { fold, together } = createDesk();
  await Promise.all([fold('a', 1), fold('b', 2)]);
  await fold('a', 3);
  expect(together).toEqual([[1], [2], [3]]);
});

test('one that fails harms none of those that it was decided with', async () => {
  const { fold } = createDesk((items) => (items.includes(3) ? new Error('poison') : null));
  const settled = await Promise.allSettled([1, 2, 3, 4].map((item) => fold('a', item)));
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
});

test('an outage is told to all of them, and not tried again for each', async () => {
  const away = Object.assign(new Error('connect ECONNREFUSED'), { syscall: 'connect' });
  const { fold, together } = createDesk((items) => (items.length > 1 ? away : null));
  const settled = await Promise.allSettled([1, 2, 3].map((item) => fold('a', item)));
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(together).toEqual([[1, 2, 3]]);
});
