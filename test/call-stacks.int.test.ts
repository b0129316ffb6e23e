import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { post } from './http.ts';
import { type RemitChild, startRemit } from './processes.ts';

const run = Date.now().toString(36);
const STARTING_TIMEOUT_MS = 120_000;
let database: TestDatabase;
let connection: Connection;
beforeAll(async () => {
  database = await createTestDatabase();
  connection = await Connection.connect({ address: inject('stack').TEMPORAL_ADDRESS! });
});
afterAll(async () => {
  await connection?.close();
  await database?.drop();
});

describe.each([
  { stacks: 'true', tells: 'a worker that keeps call stacks tells where a workflow waits' },
  { stacks: 'false', tells: 'a worker that does not says so' },
])('call stacks: $stacks', ({ stacks, tells }) => {
  let remit: RemitChild;
  beforeAll(async () => {
    remit = await startRemit('api,worker', {
      ...inject('stack'),
      DATABASE_URL: database.url,
      TEMPORAL_TASK_QUEUE: `stacks-${run}-${stacks}`,
      APPROVAL_THRESHOLDS: 'EUR:5.00',
      WORKFLOW_CALL_STACKS: stacks,
    });
  }, STARTING_TIMEOUT_MS);
  afterAll(() => remit?.stop());

  test(tells, { timeout: 60_000 }, async () => {
    const [from, to, id] = ['from', 'to', 'transfer'].map((name) => `${name}-${run}-${stacks}`);
    const opening = { currency: 'EUR', initialDeposit: '10.00' };
    for (const account of [from, to]) await post(`${remit.url}/api/accounts`, { id: account, ...opening });
    const asked = await post(`${remit.url}/api/transfers`, { id, from, to, amount: '6.00', currency: 'EUR' });
    expect(asked.body.status).toBe('awaiting_approval');
    const stack = new Client({ connection }).workflow.getHandle(`main/transfer/${id}`).query('__stack_trace');
    if (stacks === 'true') expect(await stack).toContain('workflows/transfer.ts');
    else await expect(stack).rejects.toThrow('stack traces are not enabled on this worker');
  });
});
