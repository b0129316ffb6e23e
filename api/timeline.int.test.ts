import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { CommandId, Tenant, TransferId } from '../domain/ids.ts';
import { recordCommand } from '../sql/commands.ts';
import { ask } from '../test/ask.ts';
import { createHouse, type House } from '../test/house.ts';

const run = Date.now().toString(36);
const id = (name: string) => `${name}-${run}`;
let house: House;
beforeAll(async () => {
  house = await createHouse({ TEMPORAL_UI_URL: 'http://ui.test' });
  for (const accountId of [id('a'), id('b'), id('closed')]) {
    const initialDeposit = accountId === id('closed') ? '0' : '100.00';
    const opened = await post('/api/accounts', { id: accountId, currency: 'EUR', initialDeposit });
    expect(opened.status, opened.text).toBe(201);
  }
  expect((await post(`/api/accounts/${id('closed')}/close`, { reason: 'test' })).status).toBe(200);
});
afterAll(() => house?.close());

const get = (path: string) => ask(house, 'GET', path);
const post = (path: string, body: object) => ask(house, 'POST', path, body);
const pay = (transferId: string, to: string, amount: string) =>
  post('/api/transfers', { id: transferId, from: id('a'), to, amount, currency: 'EUR' });

type Step = Record<string, string | number | null | object> & { kind: string; streamId?: string };

async function timeline(transferId: string): Promise<Step[]> {
  const answer = await get(`/api/transfers/${transferId}/timeline`);
  expect(answer.status, answer.text).toBe(200);
  const body = JSON.parse(answer.text);
  expect(body.transferId).toBe(transferId);
  return body.steps;
}

/** The timeline once every event of it is in the read tables. */
function wholeTimeline(transferId: string): Promise<Step[]> {
  return vi.waitFor(
    async () => {
      const steps = await timeline(transferId);
      const count = (kind: string) => steps.filter((step) => step.kind === kind).length;
      expect(count('event_projected')).toBe(count('event_appended'));
      return steps;
    },
    { timeout: 30_000, interval: 50 },
  );
}

const told = (steps: Step[]) =>
  steps.map((step) => (step.kind === 'event_appended' ? `${step.type} in ${step.streamId}` : step.kind));

describe('the timeline of a transfer', () => {
  test('that completes: command, workflow, and each event through Kafka into the read tables', async () => {
    expect((await pay(id('done'), id('b'), '10.00')).status).toBe(201);
    const steps = await wholeTimeline(id('done'));
    expect(told(steps)).toEqual([
      'command_accepted',
      'workflow_started',
      `TransferDebited in account-${id('a')}`,
      'event_delivered',
      'event_projected',
      `TransferCredited in account-${id('b')}`,
      'command_finished',
      'event_delivered',
      'event_projected',
    ]);
    expect(steps[0]).toMatchObject({ type: 'transfer', principal: 'local' });
    const workflowId = `main/transfer/${id('done')}`;
    const url = `http://ui.test/namespaces/default/workflows/${encodeURIComponent(workflowId)}`;
    expect(steps[1]).toMatchObject({ workflowId, url });
    expect(steps[6]).toMatchObject({ commandId: steps[0]?.commandId, status: 'completed', refusal: null });
    const { startTime } = await house.temporal.workflow.getHandle(workflowId).describe();
    // A Temporal that is busy for a second is not waited for.
    const startedAt = async () => (await timeline(id('done')))[1]?.at;
    await expect.poll(startedAt, { timeout: 20_000 }).toBe(startTime.toISOString());
    const times = steps.filter(({ kind }) => kind !== 'workflow_started').map(({ at }) => at);
    expect(times).toEqual(times.map(() => expect.any(String)));
    const { items } = (await get(`/api/accounts/${id('a')}/events`)).body;
    const { position, version, hash } = { hash: '', ...items.at(-1) };
    expect(steps[2]).toMatchObject({ position, version, hash });
    const { topic, partition, offset } = { ...steps[3] };
    expect([topic, partition, offset]).toEqual([
      expect.stringMatching(/^house-/),
      expect.any(Number),
      expect.any(Number),
    ]);
    const { rows } = await house.pool.query('select partition from log where position = $1', [position]);
    expect(rows[0]?.partition).toBe(partition);
  });

  test('that is refunded: the refusal of the credit stands between debit and refund', async () => {
    expect((await pay(id('back'), id('closed'), '1.00')).body.transferStatus).toBe('refunded');
    const steps = await wholeTimeline(id('back'));
    const events = steps.filter((step) => step.kind === 'event_appended');
    expect(told(events)).toEqual([
      `TransferDebited in account-${id('a')}`,
      `CreditRefused in transfer-${id('back')}`,
      `TransferRefunded in account-${id('a')}`,
    ]);
    const end = steps.findIndex((step) => step.kind === 'command_finished');
    expect(steps[end - 1]).toMatchObject({ type: 'TransferRefunded' });
    expect(steps[end]).toMatchObject({ status: 'refused', refusal: { code: 'account-closed' } });
    expect(steps.filter((step) => step.kind === 'event_delivered' && step.offset !== null)).toHaveLength(3);
  });

  test('that is rejected: one event of its own', async () => {
    expect((await pay(id('poor'), id('b'), '9999.00')).body.transferStatus).toBe('rejected');
    const steps = await wholeTimeline(id('poor'));
    expect(told(steps)).toEqual([
      'command_accepted',
      'workflow_started',
      `TransferRejected in transfer-${id('poor')}`,
      'command_finished',
      'event_delivered',
      'event_projected',
    ]);
    expect(steps[3]).toMatchObject({ status: 'refused', refusal: { code: 'insufficient-funds' } });
  });

  test('that nothing has begun of: its command alone', async () => {
    const transferId = id('later') as TransferId;
    const { rows } = await house.pool.query(
      `select command_id, payload from commands where resource_id = $1`,
      [id('done')],
    );
    await recordCommand(house.pool, {
      tenant: 'main' as Tenant,
      commandId: `${rows[0].command_id}-later` as CommandId,
      type: 'transfer',
      principal: 'local',
      route: 'POST /api/transfers',
      idempotencyKey: null,
      payloadHash: '00',
      payload: { ...rows[0].payload, transferId },
      resourceKind: 'transfer',
      resourceId: transferId,
      claimsResource: true,
      workflowId: `main/transfer/${transferId}`,
      createdAt: new Date().toISOString(),
      sweepAfterMs: 3_600_000,
    });
    expect(told(await timeline(transferId))).toEqual(['command_accepted']);
  });

  test('whose workflow Temporal does not know, or not any more: started at a time that nobody knows', async () => {
    expect((await pay(id('old'), id('b'), '1.00')).status).toBe(201);
    const startedAt = async () =>
      (await timeline(id('old'))).find(({ kind }) => kind === 'workflow_started')?.at;
    await expect.poll(startedAt, { timeout: 20_000, interval: 200 }).toMatch(/Z$/);
    // Temporal itself forgets one only once its queues have passed it, which may take it half a minute.
    await house.pool.query(
      `update commands set workflow_id = workflow_id || '/gone' where resource_id = $1`,
      [id('old')],
    );
    expect(await startedAt()).toBeNull();
  });

  test('with an event that no delivery is recorded of, as after a heal: delivered by null', async () => {
    expect((await pay(id('healed'), id('b'), '1.00')).status).toBe(201);
    await wholeTimeline(id('healed'));
    await house.readPool.query('delete from deliveries where stream_id = $1', [`account-${id('b')}`]);
    const steps = (await timeline(id('healed'))).filter((step) => step.streamId === `account-${id('b')}`);
    expect(steps.slice(1)).toEqual([
      expect.objectContaining({
        kind: 'event_delivered',
        topic: null,
        partition: null,
        offset: null,
        at: null,
      }),
      expect.objectContaining({ kind: 'event_projected', at: null }),
    ]);
  });

  test('of nobody is 404, and an id that cannot be is 400', async () => {
    const missing = await get(`/api/transfers/${id('nobody')}/timeline`);
    expect([missing.status, missing.body.code]).toEqual([404, 'not-found']);
    expect((await get('/api/transfers/%20/timeline')).status).toBe(400);
    expect((await get(`/api/transfers/${id('done')}/timeline?limit=1`)).status).toBe(400);
  });
});
