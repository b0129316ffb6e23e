import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CommandId, Tenant } from '../domain/ids.ts';
import { createPool, type Pool } from '../platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../test/database.ts';
import { log } from '../test/lab.ts';
import { type NewCommand, recordCommand, takeStragglers } from './commands.ts';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 4, name: 'commands', log });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** The wish to freeze an account, which claims nothing. */
function wish(of: Partial<NewCommand> = {}): NewCommand {
  return {
    ...{ tenant: 'one' as Tenant, commandId: randomUUID() as CommandId, type: 'freeze', principal: 'ann' },
    ...{ route: 'POST /freeze', idempotencyKey: null, payloadHash: 'ab', payload: {} },
    ...{ resourceKind: 'account', resourceId: 'a', claimsResource: false, workflowId: 'w' },
    ...{ createdAt: new Date().toISOString(), sweepAfterMs: 0, ...of },
  };
}

test('a key is its principal’s own, on one route and in one tenant', async () => {
  const key = { idempotencyKey: 'k' };
  const kinds = async (of: Partial<NewCommand>) => (await recordCommand(pool, wish({ ...key, ...of }))).kind;
  expect(await kinds({})).toBe('recorded');
  expect(await kinds({})).toBe('duplicate');
  expect(await kinds({ principal: 'ben' })).toBe('recorded');
  expect(await kinds({ route: 'POST /close' })).toBe('recorded');
  expect(await kinds({ tenant: 'two' as Tenant })).toBe('recorded');
});

test('a command without an end is taken again and again, each time later', async () => {
  const commandId = randomUUID() as CommandId;
  await recordCommand(pool, wish({ commandId, sweepAfterMs: 0 }));
  const isTaken = async () => (await takeStragglers(pool, 100)).some((one) => one.commandId === commandId);
  const makeDue = () =>
    pool.query(`update commands set sweep_after = now() where command_id = $1`, [commandId]);
  expect([await isTaken(), await isTaken()]).toEqual([true, false]);
  for (let look = 0; look < 3; look += 1) {
    await makeDue();
    expect(await isTaken()).toBe(true);
  }
  await pool.query(`update commands set status = 'completed' where command_id = $1`, [commandId]);
  await makeDue();
  expect(await isTaken()).toBe(false);
});
