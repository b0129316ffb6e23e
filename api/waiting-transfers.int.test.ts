import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ask } from '../test/ask.ts';
import { createHouse, type House } from '../test/house.ts';

// Houses share one Temporal namespace and the tenant: ids must differ between files and runs.
const run = uuidv7().slice(-8);
const at = (name: string) => `${name}-${run}`;

let house: House;
let hurried: House;
const rich = (where: House) => at(where === house ? 'rich' : 'rich-too');
const poor = (where: House) => at(where === house ? 'poor' : 'poor-too');
beforeAll(async () => {
  house = await createHouse({ APPROVAL_THRESHOLDS: 'EUR:100.00', COMMAND_WAIT_MS: '30000' });
  hurried = await createHouse({ APPROVAL_THRESHOLDS: 'EUR:100.00', APPROVAL_TIMEOUT_MS: '1500' });
  for (const one of [house, hurried]) {
    for (const [id, initialDeposit] of [
      [rich(one), '100000.00'],
      [poor(one), undefined],
    ] as const) {
      const opened = await ask(one, 'POST', '/api/accounts', { id, currency: 'EUR', initialDeposit });
      expect(opened.status, opened.text).toBe(201);
    }
  }
});
afterAll(() => Promise.all([house.close(), hurried.close()]));

const pay = (id: string, amount: string, more: object = {}, key?: string, where = house) =>
  ask(
    where,
    'POST',
    '/api/transfers',
    { id: at(id), from: rich(where), to: poor(where), amount, currency: 'EUR', ...more },
    key === undefined ? {} : { 'idempotency-key': key },
  );
const act = (id: string, action: string, key?: string, where = house) =>
  ask(
    where,
    'POST',
    `/api/transfers/${at(id)}/${action}`,
    { reason: 'asked to' },
    key === undefined ? {} : { 'idempotency-key': key },
  );
const read = (id: string, where = house) => ask(where, 'GET', `/api/transfers/${at(id)}`);
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const expected = async (where = house) =>
  (await where.pool.query('select workflow_id from expected_workflows')).rows;
const ends = (id: string, status: string, where = house) =>
  vi.waitFor(async () => expect((await read(id, where)).body.status).toBe(status), {
    timeout: 30_000,
    interval: 100,
  });
const soundly = (where = house) =>
  vi.waitFor(
    async () => {
      expect(await expected(where)).toEqual([]);
      const { status, body, text } = await ask(where, 'GET', '/api/integrity');
      expect([status, body.ok], text).toEqual([200, true]);
    },
    { timeout: 40_000, interval: 500 },
  );

describe('a scheduled transfer', () => {
  test('is 202 at once, is read as scheduled, and is done at its time', async () => {
    const executeAt = inMs(3_000);
    const asked = await pay('later', '1.00', { executeAt });
    expect(asked.status, asked.text).toBe(202);
    expect(asked.headers.get('location')).toBe(`/api/transfers/${at('later')}`);
    expect(asked.body).toMatchObject({ status: 'scheduled', executeAt, legs: [], finishedAt: null });
    expect(asked.body.status).toBe('scheduled');
    expect((await read('later')).body).toEqual(asked.body);
    await ends('later', 'completed');
    const { finishedAt } = (await read('later')).body as unknown as { finishedAt: string };
    expect(finishedAt >= executeAt).toBe(true);
    await soundly();
  });

  test('in the past is done at once, with or without a repeat of its key', async () => {
    const executeAt = inMs(-1_000);
    const first = await pay('past', '1.00', { executeAt }, at('past'));
    expect([first.status, first.body.status]).toEqual([201, 'completed']);
    const again = await pay('past', '1.00', { executeAt }, at('past'));
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  });

  test('may be cancelled, once: its debit never comes, and its workflow ends', async () => {
    await pay('stop', '1.00', { executeAt: inMs(2_000) });
    const cancelled = await act('stop', 'cancel', at('stop'));
    expect(cancelled.status, cancelled.text).toBe(200);
    expect(cancelled.body).toMatchObject({
      status: 'cancelled',
      refusal: { code: 'cancelled', detail: 'It was cancelled: asked to' },
      legs: [],
      finishedAt: expect.any(String),
    });
    const replayed = await act('stop', 'cancel', at('stop'));
    expect([replayed.status, replayed.text]).toEqual([200, cancelled.text]);
    const second = await act('stop', 'cancel');
    expect([second.status, second.body.code]).toEqual([409, 'transfer-final']);
    await soundly();
    expect((await read('stop')).body).toMatchObject({ status: 'cancelled', legs: [] });
    const again = await pay('stop', '1.00', { executeAt: inMs(2_000) });
    expect([again.status, again.body.code]).toEqual([409, 'transfer-exists']);
  });

  test('whose workflow was terminated is done all the same', async () => {
    await pay('killed', '1.00', { executeAt: inMs(2_000) });
    await house.temporal.workflow.getHandle(`main/transfer/${at('killed')}`).terminate('test');
    await ends('killed', 'completed');
    await soundly();
  });
});

describe('a transfer above the threshold', () => {
  test('waits for a person, 202 at once, and moves when approved', async () => {
    const asked = await pay('big', '100.01', { metadata: { ticket: 7 } }, at('big'));
    expect(asked.status, asked.text).toBe(202);
    expect(asked.body).toMatchObject({
      status: 'awaiting_approval',
      approval: { threshold: '100.00', approved: false },
    });
    const again = await pay('big', '100.01', { metadata: { ticket: 7 } }, at('big'));
    expect([again.status, again.body.status]).toEqual([202, 'awaiting_approval']);
    const approved = await act('big', 'approve', at('big'));
    expect(approved.status, approved.text).toBe(200);
    expect(approved.body).toMatchObject({ status: 'requested', approval: { approved: true } });
    await ends('big', 'completed');
    const replayed = await act('big', 'approve', at('big'));
    expect([replayed.status, replayed.text]).toEqual([200, approved.text]);
    const done = await pay('big', '100.01', { metadata: { ticket: 7 } }, at('big'));
    expect([done.status, done.body.status]).toEqual([201, 'completed']);
    const late = await act('big', 'decline');
    expect([late.status, late.body.code]).toEqual([409, 'transfer-final']);
    await soundly();
  });

  test('is asked for after its time, where it is scheduled too', async () => {
    await pay('both', '200.00', { executeAt: inMs(1_000) });
    const early = await act('both', 'approve');
    expect([early.status, early.body.code]).toEqual([422, 'not-awaiting-approval']);
    await ends('both', 'awaiting_approval');
    expect((await act('both', 'approve')).status).toBe(200);
    await ends('both', 'completed');
    await soundly();
  });

  test('that is declined is rejected, and nothing moves', async () => {
    await pay('no', '500.00', {}, at('no'));
    const declined = await act('no', 'decline');
    expect(declined.status, declined.text).toBe(200);
    expect(declined.body).toMatchObject({ status: 'rejected', refusal: { code: 'declined' }, legs: [] });
    const told = await pay('no', '500.00', {}, at('no'));
    expect([told.status, told.body.code, told.body.transferStatus]).toEqual([422, 'declined', 'rejected']);
    const cancelled = await act('no', 'cancel');
    expect([cancelled.status, cancelled.body.code]).toEqual([409, 'transfer-final']);
    await soundly();
  });

  test('that cannot be paid is refused without asking anybody', async () => {
    const refused = await pay('never', '999999.00');
    expect([refused.status, refused.body.code]).toEqual([422, 'insufficient-funds']);
  });

  test('whose workflow was terminated goes on when approved', async () => {
    await pay('gone', '300.00');
    await house.temporal.workflow.getHandle(`main/transfer/${at('gone')}`).terminate('test');
    expect((await act('gone', 'approve')).status).toBe(200);
    await ends('gone', 'completed');
    await soundly();
  });

  test('ends by itself when nobody decides in time, and then nobody can', async () => {
    const asked = await pay('slow', '150.00', {}, at('slow'), hurried);
    expect(asked.status, asked.text).toBe(202);
    await ends('slow', 'rejected', hurried);
    const told = await pay('slow', '150.00', {}, at('slow'), hurried);
    expect([told.status, told.body.code]).toEqual([422, 'approval-expired']);
    const late = await act('slow', 'approve', undefined, hurried);
    expect([late.status, late.body.code]).toEqual([409, 'transfer-final']);
    await soundly(hurried);
  });
});

describe('people and clocks at once', () => {
  test('of approvals, declines and cancellations of one transfer one wins', async () => {
    await pay('race', '101.00');
    const answers = await Promise.all(
      ['approve', 'decline', 'cancel', 'approve', 'decline', 'cancel'].map((action) => act('race', action)),
    );
    const wins = answers.filter(({ status }) => status === 200);
    expect(wins.length).toBeGreaterThanOrEqual(1);
    for (const { status, body } of answers) {
      if (status !== 200) expect(['transfer-final', 'not-awaiting-approval']).toContain(body.code);
    }
    // An approval may come before a cancellation; nothing else goes together.
    const ended = wins.map(({ body }) => body.status).sort();
    expect([['rejected'], ['cancelled'], ['requested'], ['cancelled', 'requested']]).toContainEqual(ended);
    await soundly();
    const { body } = await read('race');
    expect(['rejected', 'cancelled', 'completed']).toContain(body.status);
  });

  test('approvals race the expiry, and either way the transfer has one end', async () => {
    const ids = ['e1', 'e2', 'e3', 'e4', 'e5', 'e6'];
    await Promise.all(ids.map((id) => pay(id, '110.00', {}, undefined, hurried)));
    const answers = await Promise.all(
      ids.map(async (id, index) => {
        await new Promise((done) => setTimeout(done, 600 + index * 250));
        return act(id, 'approve', undefined, hurried);
      }),
    );
    await soundly(hurried);
    for (const [index, id] of ids.entries()) {
      const { status } = (await read(id, hurried)).body;
      expect(status).toBe(answers[index]?.status === 200 ? 'completed' : 'rejected');
    }
  });

  test('a cancellation of a plain transfer comes before its debit, or not at all', async () => {
    const ids = Array.from({ length: 8 }, (_, index) => `c${index}`);
    const answers = await Promise.all(
      ids.map(async (id) => {
        const asked = pay(id, '1.00');
        await vi.waitFor(async () => expect((await read(id)).status).toBe(200), {
          timeout: 10_000,
          interval: 1,
        });
        const cancelled = await act(id, 'cancel');
        return { asked: await asked, cancelled };
      }),
    );
    for (const [index, { asked, cancelled }] of answers.entries()) {
      const { body } = await read(ids[index] ?? '');
      if (cancelled.status === 200) {
        expect([asked.status, asked.body.code, body.status]).toEqual([422, 'cancelled', 'cancelled']);
      } else {
        expect([cancelled.status, cancelled.body.code]).toEqual([409, 'transfer-final']);
        expect([asked.status, body.status]).toEqual([201, 'completed']);
      }
    }
    await soundly();
  });
});

describe('what nobody asked for', () => {
  test.each(['cancel', 'approve', 'decline', 'retry'])('%s of an unknown transfer is 404', async (action) => {
    const answer = await act('nobody', action);
    expect([answer.status, answer.body.code]).toEqual([404, 'not-found']);
  });

  test('a completed transfer has no more to decide', async () => {
    await pay('done', '1.00');
    for (const [action, status, code] of [
      ['cancel', 409, 'transfer-final'],
      ['approve', 409, 'transfer-final'],
      ['decline', 409, 'transfer-final'],
      ['retry', 422, 'not-needing-attention'],
    ] as const) {
      const answer = await act('done', action);
      expect([answer.status, answer.body.code]).toEqual([status, code]);
    }
  });

  test('an action answered later is 202, with its command to follow', async () => {
    await pay('async', '120.00');
    const body = { reason: 'asked to' };
    const prefer = { prefer: 'respond-async' };
    const answer = await ask(house, 'POST', `/api/transfers/${at('async')}/decline`, body, prefer);
    expect(answer.status, answer.text).toBe(202);
    const path = answer.headers.get('location') ?? '';
    await vi.waitFor(async () => expect((await ask(house, 'GET', path)).body.status).toBe('completed'), {
      timeout: 20_000,
      interval: 100,
    });
    expect((await read('async')).body.status).toBe('rejected');
    await soundly();
  });
});

describe('lists', () => {
  test('find transfers by status, account and reference', async () => {
    await pay('ref', '1.00', { reference: at('bill') });
    await pay('ref-later', '1.00', { reference: at('bill'), executeAt: inMs(3_600_000) });
    const list = (query: string) => ask(house, 'GET', `/api/transfers?${query}`);
    const found = async (query: string) => (await list(query)).body.items.map(({ id }) => id);
    await vi.waitFor(
      async () => {
        expect(await found(`reference=${at('bill')}`)).toEqual([at('ref-later'), at('ref')]);
        expect(await found(`reference=${at('bill')}&status=scheduled&accountId=${poor(house)}`)).toEqual([
          at('ref-later'),
        ]);
        expect(await found(`reference=${at('bill')}&status=completed`)).toEqual([at('ref')]);
      },
      { timeout: 20_000, interval: 200 },
    );
    await act('ref-later', 'cancel');
    await soundly();
  });
});
