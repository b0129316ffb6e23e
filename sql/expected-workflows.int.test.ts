import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Tenant } from '../domain/ids.ts';
import { createPool, type Pool } from '../platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../test/database.ts';
import { log } from '../test/lab.ts';
import {
  expectWorkflows,
  forgetToldWorkflow,
  forgetWorkflows,
  nudgeWorkflows,
  recordNudge,
  takeExpectedWorkflows,
} from './expected-workflows.ts';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 5, name: 'expected', log });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(() => pool.query('delete from expected_workflows'));

const tenant = 'expected' as Tenant;
const expected = (workflowId: string, workflowType = 'transfer', dueAt: string | null = null) => ({
  ...{ workflowId, workflowType, input: {}, summary: workflowId, dueAt },
});
/** Every row may be looked at again. */
const makeDue = () => pool.query('update expected_workflows set check_after = now()');
const take = async (limit = 10) =>
  (await takeExpectedWorkflows(pool, limit)).map(({ workflowId, nudges }) => [workflowId, nudges]);

test('a row is taken once, and again only when its next look has come', async () => {
  await expectWorkflows(pool, tenant, [expected('a')]);
  expect(await take()).toEqual([['a', null]]);
  expect(await take()).toEqual([]);
});

test('a nudge makes a row due, until its signal was sent; one more since then is still to be sent', async () => {
  await expectWorkflows(pool, tenant, [expected('a')]);
  await take();
  await nudgeWorkflows(pool, tenant, ['a']);
  const [taken] = await takeExpectedWorkflows(pool, 10);
  expect(taken?.nudges).toBe(1);
  await nudgeWorkflows(pool, tenant, ['a']);
  if (taken) await recordNudge(pool, taken);
  expect(await take()).toEqual([['a', 2]]);
});

test('a signal that the earlier workflow of an id has heard does not silence the later one', async () => {
  await expectWorkflows(pool, tenant, [expected('a')]);
  await nudgeWorkflows(pool, tenant, ['a']);
  const [taken] = await takeExpectedWorkflows(pool, 10);
  await forgetWorkflows(pool, tenant, ['a']);
  await expectWorkflows(pool, tenant, [expected('a', 'parkedTransfer')]);
  await nudgeWorkflows(pool, tenant, ['a']);
  if (taken) await recordNudge(pool, taken);
  await makeDue();
  expect(await take()).toEqual([['a', 1]]);
});

test('a late look does not take away a nudge that is still to be sent', async () => {
  await expectWorkflows(pool, tenant, [expected('a', 'parkedTransfer')]);
  await nudgeWorkflows(pool, tenant, ['a']);
  await forgetToldWorkflow(pool, tenant, 'a');
  const [taken] = await takeExpectedWorkflows(pool, 10);
  expect(taken?.nudges).toBe(1);
  if (taken) await recordNudge(pool, taken);
  await forgetToldWorkflow(pool, tenant, 'a');
  await makeDue();
  expect(await take()).toEqual([]);
});

test('what was nudged and what is overdue go before a backlog, and the overdue is looked at again soon', async () => {
  const backlog = Array.from({ length: 20 }, (_, at) =>
    expected(`later-${at}`, 'transfer', '2099-01-01T00:00:00Z'),
  );
  await expectWorkflows(pool, tenant, [...backlog, expected('over', 'transfer', '2001-01-01T00:00:00Z')]);
  await pool.query('update expected_workflows set checks = 20');
  await makeDue();
  await pool.query(
    `update expected_workflows set check_after = now() - interval '1 day' where workflow_id like 'later-%'`,
  );
  await nudgeWorkflows(pool, tenant, ['later-7']);
  expect((await take(2)).map(([workflowId]) => workflowId).sort()).toEqual(['later-7', 'over']);
  const { rows } = await pool.query<{ soon: boolean }>(
    `select check_after <= now() + interval '30 seconds' as soon from expected_workflows where workflow_id = 'over'`,
  );
  expect(rows).toEqual([{ soon: true }]);
});

test('a row is looked at when it is due, however rarely before', async () => {
  const dueAt = new Date(Date.now() + 60_000).toISOString();
  await expectWorkflows(pool, tenant, [expected('a', 'expireHold', dueAt)]);
  await pool.query('update expected_workflows set checks = 20');
  await take();
  const { rows } = await pool.query<{ at: boolean }>(
    `select check_after <= due_at + interval '5 seconds' as at from expected_workflows`,
  );
  expect(rows).toEqual([{ at: true }]);
});
