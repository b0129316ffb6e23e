import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createFold } from './fold.ts';

/** Decides after a moment, and keeps what was decided together. */
function createDesk(fail: (items: readonly number[]) => Error | null = () => null) {
  const together: (readonly number[])[] = [];
  const fold = createFold<number, string>(3, async (items) => {
    together.push(items);
    await sleep(5);
    const error = fail(items);
    if (error !== null) throw error;
    return items.map((item) => `did ${item}`);
  });
  return { fold, together };
}

test('what comes while its key is under way is decided together, in order, so many at once', async () => {
  const { fold, together } = createDesk();
  const results = await Promise.all([1, 2, 3, 4, 5].map((item) => fold('a', item)));
  expect(results).toEqual(['did 1', 'did 2', 'did 3', 'did 4', 'did 5']);
  expect(together).toEqual([[1], [2, 3, 4], [5]]);
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
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
  expect(together).toEqual([[1], [2, 3]]);
});
