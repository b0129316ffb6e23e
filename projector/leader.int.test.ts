import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPool, type Pool } from '../platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../test/database.ts';
import { log } from '../test/lab.ts';
import { until } from '../test/projecting.ts';
import { lead } from './leader.ts';
import { pause } from './supervise.ts';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 4, name: 'leader', log });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

test('of two that want to lead one does, and the other when it stops', async () => {
  const leading = new Set<string>();
  const looks = { one: 0, other: 0 };
  const want = (name: keyof typeof looks, signal: AbortSignal) => {
    const look = () => {
      looks[name] += 1;
    };
    return lead(pool, 'task', signal, look, async (_, led) => {
      leading.add(name);
      while (!led.aborted) await pause(20, led);
      leading.delete(name);
    });
  };
  const [first, second] = [new AbortController(), new AbortController()];
  const one = want('one', first.signal);
  await until('one leads', async () => leading.has('one'));
  const other = want('other', second.signal);
  await until(
    'the other has looked and leads not, or leads',
    async () => looks.other > 1 || leading.size > 1,
  );
  expect([...leading]).toEqual(['one']);
  first.abort();
  await until('the other leads', async () => leading.has('other'));
  second.abort();
  await Promise.all([one, other]);
  expect(leading.size).toBe(0);
});
