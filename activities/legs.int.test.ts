import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AccountCommand } from '../domain/account.ts';
import type { AccountItem } from '../domain/account-commands.ts';
import {
  type AccountId,
  accountStream,
  type CommandId,
  type HoldId,
  type Tenant,
  type TransferId,
  transferStream,
} from '../domain/ids.ts';
import { refusal } from '../domain/refusals.ts';
import type { WireItem } from '../domain/saga.ts';
import { completeTerms } from '../domain/terms.ts';
import { toWire } from '../domain/wire.ts';
import { createPool, isOutage, type Pool } from '../platform/postgres.ts';
import { readHead } from '../sql/lock-heads.ts';
import { readAccountAnswer } from '../sql/read-account-answer.ts';
import { createTestDatabase, type TestDatabase } from '../test/database.ts';
import { createFaultProxy } from '../test/faults/campaign/proxy.ts';
import { log, transfer } from '../test/lab.ts';
import type { ActivityDeps } from './deps.ts';
import { type Activities, createActivities } from './index.ts';

let database: TestDatabase;
let pool: Pool;
let activities: Activities;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 10, name: 'legs', log });
  activities = createActivities(depsOf(pool));
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** The steps of the saga need neither other transfers nor schedules. */
const unused = () => {
  throw new Error('no step of the saga asks for this');
};

function depsOf(pool: Pool): ActivityDeps {
  const webhooks = { allowPrivate: false, maxAttempts: 1 };
  const transfers = { newTransfer: unused, workflowOf: unused };
  const schedules = { ensure: unused, remove: unused };
  return { pool, log, now: () => clock, policy, sagaDeadlineMs: 7_000, webhooks, transfers, schedules };
}

/** Moves only where a test moves it. */
let clock = new Date();
const policy = { approvalThresholds: new Map<string, bigint>([['USD', 100n]]), approvalTimeoutMs: 60_000 };

const late = refusal('deadline-exceeded', 'too late');
let tenants = 0;

/** A tenant of its own for each test, with the accounts named and their balances. */
async function bank(balances: Record<string, bigint>) {
  tenants += 1;
  const tenant = `legs${tenants}` as Tenant;
  const command = async (commandId: string, command: AccountCommand) => {
    const item = { commandId, actor: 'test', command: { type: command.type, data: toWire(command.data) } };
    const [result] = await activities.decideAccountCommands({ tenant, items: [item as AccountItem] });
    return result;
  };
  /** An account in euros, or, as `id:USD`, in another currency. */
  for (const [name, initialDepositMinor] of Object.entries(balances)) {
    const [id = '', currency = 'EUR'] = name.split(':');
    const accountId = id as AccountId;
    const data = {
      accountId,
      ownerId: null,
      name: null,
      currency,
      overdraftLimitMinor: 0n,
      initialDepositMinor,
      metadata: {},
    };
    await command(`open-${id}`, { type: 'openAccount', data });
  }
  const pay = (transferId: string, from: string, to: string, amountMinor: bigint, more = {}): WireItem => {
    const { type: _, transferId: __, ...named } = transfer(transferId, from, to, amountMinor);
    const { description, reference, metadata } = named;
    const terms = {
      ...{ transferId: transferId as TransferId, from: named.from, to: named.to, amountMinor },
      ...{ currency: named.currency, description, reference, metadata },
    };
    return toWire({ ...completeTerms({ ...terms, ...more }), ...own(transferId, more) });
  };
  const own = (transferId: string, more: { executeAt?: string }) => ({
    ...{ commandId: transferId as CommandId, actor: 'test', batchId: null },
    executeAt: more.executeAt ?? null,
  });
  const balance = async (id: string) => {
    const head = await readHead(pool, tenant, accountStream(id as AccountId));
    return head && 'balanceMinor' in head.state ? head.state.balanceMinor : undefined;
  };
  const status = async (id: string) =>
    (await readHead(pool, tenant, transferStream(id as TransferId)))?.state.status;
  const types = async (stream: string) => {
    const sql = 'select type from events where tenant = $1 and stream_id = $2 order by version';
    return (await pool.query(sql, [tenant, stream])).rows.map(({ type }) => type);
  };
  /** Makes an account's head unreadable, as a bad hand or a bad disk would. */
  const damage = (id: string) =>
    pool.query(
      `update heads set state = jsonb_set(state, '{balanceMinor}', '"much"') where tenant = $1 and stream_id = $2`,
      [tenant, `account-${id}`],
    );
  const head = async (id: string) => {
    const state = (await readHead(pool, tenant, transferStream(id as TransferId)))?.state;
    if (state === undefined || !('transferId' in state)) throw new Error(`nothing was decided of ${id}`);
    return state;
  };
  const ownInput = async (id: string) => {
    const sql = 'select input from expected_workflows where tenant = $1 and workflow_id = $2';
    return (await pool.query(sql, [tenant, `${tenant}/transfer/${id}`])).rows[0]?.input;
  };
  /** As an outage of the step would be: the list as its compensation gets it. */
  const compensate = (items: readonly WireItem[]) =>
    activities.refund({ tenant, items: items.map((item) => ({ ...item, reason: late })) });
  const expected = async () => {
    const sql = 'select workflow_id, workflow_type from expected_workflows where tenant = $1 order by 1';
    return (await pool.query(sql, [tenant])).rows.map((row) =>
      [row.workflow_id, row.workflow_type].join(' '),
    );
  };
  return { tenant, command, pay, balance, status, types, damage, head, expected, ownInput, compensate };
}

describe('a step acts once, however often it is called', () => {
  test('a deposit that is retried after a lost reply pays once', async () => {
    const { command, balance } = await bank({ a: 0n });
    const data = {
      accountId: 'a' as AccountId,
      amountMinor: 5n,
      currency: 'EUR',
      description: null,
      metadata: {},
    };
    const answers = [
      await command('d', { type: 'deposit', data }),
      await command('d', { type: 'deposit', data }),
    ];
    expect(answers[0]).toEqual(answers[1]);
    expect(await balance('a')).toBe(5n);
  });

  test('a debit, a credit and a refund', async () => {
    const { tenant, pay, balance } = await bank({ a: 10n, b: 0n });
    const list = { tenant, items: [pay('t', 'a', 'b', 4n)] };
    expect(await activities.debit(list)).toEqual(await activities.debit(list));
    expect(await activities.credit(list)).toEqual(await activities.credit(list));
    expect([await balance('a'), await balance('b')]).toEqual([6n, 4n]);
    const gone = { tenant, items: [pay('u', 'a', 'nobody', 4n)] };
    await activities.debit(gone);
    await activities.credit(gone);
    const refund = { tenant, items: gone.items.map((item) => ({ ...item, reason: late })) };
    expect(await activities.refund(refund)).toEqual([{ transferId: 'u', status: 'refunded' }]);
    expect(await activities.refund(refund)).toEqual([{ transferId: 'u', status: 'refunded' }]);
    expect(await balance('a')).toBe(6n);
  });

  test('a refusal is recorded and stays, also when it would be accepted now', async () => {
    const { tenant, command, pay, balance, status } = await bank({ a: 1n, b: 0n });
    const list = { tenant, items: [pay('t', 'a', 'b', 4n)] };
    expect(await activities.debit(list)).toMatchObject([
      { result: 'refused', refusal: { code: 'insufficient-funds' } },
    ]);
    const data = {
      accountId: 'a' as AccountId,
      amountMinor: 50n,
      currency: 'EUR',
      description: null,
      metadata: {},
    };
    await command('d', { type: 'deposit', data });
    expect(await activities.debit(list)).toMatchObject([{ result: 'refused' }]);
    expect([await balance('a'), await status('t')]).toEqual([51n, 'rejected']);
  });

  test('fifty attempts at once debit once', async () => {
    const { tenant, pay, balance } = await bank({ a: 1000n, b: 0n });
    const list = { tenant, items: [pay('t', 'a', 'b', 7n)] };
    const results = await Promise.all(Array.from({ length: 50 }, () => activities.debit(list)));
    expect(new Set(results.map(([result]) => result?.result))).toEqual(new Set(['done']));
    expect(await balance('a')).toBe(993n);
  });
});

describe('a compensation fences late attempts', () => {
  test('a credit that comes after the refund does nothing', async () => {
    const { tenant, pay, balance, types } = await bank({ a: 10n, b: 0n });
    const items = [pay('t', 'a', 'b', 4n)];
    await activities.debit({ tenant, items });
    const ends = await activities.refund({ tenant, items: items.map((item) => ({ ...item, reason: late })) });
    expect(ends).toEqual([{ transferId: 't', status: 'refunded' }]);
    expect(await activities.credit({ tenant, items })).toMatchObject([{ result: 'void' }]);
    expect([await balance('a'), await balance('b')]).toEqual([10n, 0n]);
    expect(await types('account-b')).toEqual(['AccountOpened']);
  });

  test('a debit that comes after the compensation does nothing', async () => {
    const { tenant, pay, balance, status } = await bank({ a: 10n, b: 0n });
    const items = [pay('t', 'a', 'b', 4n)];
    const ends = await activities.refund({ tenant, items: items.map((item) => ({ ...item, reason: late })) });
    expect(ends).toEqual([{ transferId: 't', status: 'cancelled' }]);
    expect(await activities.debit({ tenant, items })).toMatchObject([{ result: 'void' }]);
    expect([await balance('a'), await status('t')]).toEqual([10n, 'cancelled']);
  });

  test('a compensation that finds the credit done leaves the transfer completed', async () => {
    const { tenant, pay, balance, status } = await bank({ a: 10n, b: 0n });
    const items = [pay('t', 'a', 'b', 4n)];
    await activities.debit({ tenant, items });
    await activities.credit({ tenant, items });
    const ends = await activities.refund({ tenant, items: items.map((item) => ({ ...item, reason: late })) });
    expect(ends).toEqual([{ transferId: 't', status: 'completed' }]);
    expect([await balance('a'), await balance('b'), await status('t')]).toEqual([6n, 4n, 'completed']);
  });

  test('a stopped credit that goes on while the refund runs: exactly one of them happens', async () => {
    const { tenant, pay, balance } = await bank({ a: 500n, b: 0n });
    const items = Array.from({ length: 50 }, (_, at) => pay(`t${at}`, 'a', 'b', 10n));
    await activities.debit({ tenant, items });
    await Promise.all(
      items.flatMap((item) => [
        activities.credit({ tenant, items: [item] }),
        activities.refund({ tenant, items: [{ ...item, reason: late }] }),
      ]),
    );
    expect(((await balance('a')) ?? 0n) + ((await balance('b')) ?? 0n)).toBe(500n);
  });
});

test('a compensation that waited for the debit sees the transfer that the debit began', async () => {
  const { tenant, pay, balance, status } = await bank({ a: 10n, b: 0n });
  const items = [pay('t', 'a', 'b', 4n)];
  const blocker = await pool.connect();
  await blocker.query('begin');
  await blocker.query("select 1 from heads where tenant = $1 and stream_id = 'account-a' for update", [
    tenant,
  ]);
  const debit = activities.debit({ tenant, items });
  await sleep(200);
  const refund = activities.refund({ tenant, items: items.map((item) => ({ ...item, reason: late })) });
  await sleep(200);
  await blocker.query('rollback');
  blocker.release();
  expect(await debit).toMatchObject([{ result: 'done' }]);
  expect(await refund).toEqual([{ transferId: 't', status: 'refunded' }]);
  expect([await balance('a'), await status('t')]).toEqual([10n, 'refunded']);
});

test('a connection that went silent ends an attempt as an outage, within the attempt', {
  timeout: 30_000,
}, async () => {
  const { tenant, pay } = await bank({ a: 10n, b: 0n });
  const { host, pathname, username, password } = new URL(database.url);
  const proxy = await createFaultProxy({ target: host });
  const url = `postgres://${username}:${password}@${proxy.address}${pathname}`;
  const silent = createPool({ url, max: 1, name: 'silent', log });
  await silent.query('select 1');
  proxy.pause();
  const begun = Date.now();
  const failure = await createActivities(depsOf(silent))
    .debit({ tenant, items: [pay('t', 'a', 'b', 1n)] })
    .catch((error: unknown) => error);
  expect([isOutage(failure), Date.now() - begun < 10_000]).toEqual([true, true]);
  await proxy.close();
  await silent.end();
});

describe('a refund', () => {
  test('goes to a frozen source', async () => {
    const { tenant, command, pay, balance } = await bank({ a: 10n });
    const items = [pay('t', 'a', 'nobody', 4n)];
    await activities.debit({ tenant, items });
    await activities.credit({ tenant, items });
    await command('f', { type: 'freeze', data: { accountId: 'a' as AccountId, reason: 'test' } });
    const ends = await activities.refund({ tenant, items: items.map((item) => ({ ...item, reason: late })) });
    expect(ends).toEqual([{ transferId: 't', status: 'refunded' }]);
    expect(await balance('a')).toBe(10n);
  });

  test('that a closed source refuses is parked in suspense', async () => {
    const { tenant, command, pay, status, types } = await bank({ a: 4n });
    const items = [pay('t', 'a', 'nobody', 4n)];
    await activities.debit({ tenant, items });
    await activities.credit({ tenant, items });
    await command('c', { type: 'close', data: { accountId: 'a' as AccountId, reason: 'test' } });
    const refund = { tenant, items: items.map((item) => ({ ...item, reason: late })) };
    expect(await activities.refund(refund)).toEqual([{ transferId: 't', status: 'needs_attention' }]);
    expect(await activities.refund(refund)).toEqual([{ transferId: 't', status: 'needs_attention' }]);
    expect(await status('t')).toBe('needs_attention');
    expect(await types('transfer-t')).toEqual(['CreditRefused', 'RefundParked']);
  });
});

describe('a list', () => {
  test('decides each item on what the items before it left', async () => {
    const { tenant, pay, balance } = await bank({ a: 10n, b: 0n });
    const items = [
      pay('t1', 'a', 'b', 6n),
      pay('t2', 'a', 'b', 6n),
      pay('t3', 'a', 'b', 4n),
      pay('t4', 'a', 'a', 1n),
    ];
    const results = await activities.debit({ tenant, items });
    expect(results.map(({ result, refusal }) => refusal?.code ?? result)).toEqual([
      'done',
      'insufficient-funds',
      'done',
      'same-account',
    ]);
    expect(await balance('a')).toBe(0n);
  });

  test('with one poison item harms that item only, in the debit and in the refund', async () => {
    const { tenant, pay, balance, status, damage } = await bank({ a: 10n, broken: 10n, b: 0n });
    await damage('broken');
    const items = [pay('t1', 'a', 'b', 1n), pay('t2', 'broken', 'b', 1n), pay('t3', 'a', 'nobody', 1n)];
    const results = await activities.debit({ tenant, items });
    expect(results.map(({ result }) => result)).toEqual(['done', 'failed', 'done']);
    expect(await balance('a')).toBe(8n);
    const ends = await activities.refund({ tenant, items: items.map((item) => ({ ...item, reason: late })) });
    expect(ends.map((end) => end.status)).toEqual(['refunded', 'cancelled', 'refunded']);
    expect([await balance('a'), await status('t2')]).toEqual([10n, 'cancelled']);
  });

  test('keeps the money of a source that was damaged after its debit in suspense', async () => {
    const { tenant, pay, status, types, damage } = await bank({ a: 10n, b: 0n });
    const items = [pay('t', 'a', 'nobody', 4n)];
    await activities.debit({ tenant, items });
    await activities.credit({ tenant, items });
    await damage('a');
    const ends = await activities.refund({ tenant, items: items.map((item) => ({ ...item, reason: late })) });
    expect(ends).toEqual([{ transferId: 't', status: 'needs_attention' }]);
    expect([await status('t'), await types('transfer-t')]).toEqual([
      'needs_attention',
      ['CreditRefused', 'RefundParked'],
    ]);
  });

  test('with a malformed item decides the others', async () => {
    const { tenant, pay, balance } = await bank({ a: 10n, b: 0n });
    const items = [pay('t1', 'a', 'b', 1n), { ...pay('t2', 'a', 'b', 1n), amountMinor: 'much' }];
    const results = await activities.debit({ tenant, items });
    expect(results.map(({ result }) => result)).toEqual(['done', 'failed']);
    expect(await balance('a')).toBe(9n);
  });

  test('of account commands with a poison one refuses that one, which then has an end', async () => {
    const { command, damage } = await bank({ a: 10n });
    await damage('a');
    const data = {
      accountId: 'a' as AccountId,
      amountMinor: 5n,
      currency: 'EUR',
      description: null,
      metadata: {},
    };
    const refused = { commandId: 'd', result: 'refused', refusal: { code: 'processing-failed' } };
    expect(await command('d', { type: 'deposit', data })).toMatchObject(refused);
    expect(await command('d', { type: 'deposit', data })).toMatchObject(refused);
  });

  test('of account commands with a poison one of Remit’s own fails, and does it once it is mended', async () => {
    const { tenant, command, balance, damage } = await bank({ a: 10n });
    const holdId = 'h' as HoldId;
    const hold = { accountId: 'a' as AccountId, holdId, amountMinor: 8n, currency: 'EUR', expiresAt: null };
    await command('h', { type: 'placeHold', data: { ...hold, description: null, metadata: {} } });
    const data = { accountId: 'a' as AccountId, holdId, why: 'expired' as const, reason: 'test' };
    const expiry: AccountItem = {
      ...{ commandId: 'expire-h' as CommandId, actor: 'remit' },
      command: { type: 'releaseHold', data },
    };
    const list = { tenant, items: [expiry] };
    await damage('a');
    await expect(activities.decideAccountCommands(list)).rejects.toThrow('cannot be processed');
    await pool.query(
      `update heads set state = jsonb_set(state, '{balanceMinor}', '"10"') where tenant = $1 and stream_id = $2`,
      [tenant, 'account-a'],
    );
    expect(await activities.decideAccountCommands(list)).toMatchObject([{ result: 'done' }]);
    expect(await balance('a')).toBe(10n);
  });

  test('of account commands keeps no holds in its outcomes', async () => {
    const { tenant, command } = await bank({ a: 10n });
    const hold = {
      ...{ accountId: 'a' as AccountId, holdId: 'h' as HoldId, amountMinor: 8n, currency: 'EUR' },
      ...{ expiresAt: null, description: null, metadata: {} },
    };
    await command('h', { type: 'placeHold', data: hold });
    const key = { tenant, commandId: 'h', streamId: 'account-a' };
    const answer = await readAccountAnswer(pool, key);
    expect(answer?.account).toMatchObject({ heldMinor: 8n, balanceMinor: 10n, holds: {} });
    const sql = `select detail -> 'account' ? 'holds' as kept from outcomes where tenant = $1 and subject_id = 'h' and leg = 'command'`;
    expect((await pool.query(sql, [tenant])).rows).toEqual([{ kept: false }]);
  });

  test('of a thousand items over few accounts, from four sides at once, loses nothing', async () => {
    const { tenant, pay, balance } = await bank({ a: 1000n, b: 1000n, c: 1000n });
    const ids = ['a', 'b', 'c'];
    const lists = [0, 1, 2, 3].map((side) =>
      Array.from({ length: 250 }, (_, at) => pay(`t${side}-${at}`, ids[at % 3]!, ids[(at + side) % 3]!, 1n)),
    );
    await Promise.all(
      lists.map(async (items) => {
        const debited = await activities.debit({ tenant, items });
        const done = new Set(
          debited.filter(({ result }) => result === 'done').map(({ transferId }) => transferId),
        );
        await activities.credit({ tenant, items: items.filter(({ transferId }) => done.has(transferId)) });
      }),
    );
    const balances = await Promise.all(ids.map(balance));
    expect(balances.reduce((sum = 0n, one = 0n) => sum + one, 0n)).toBe(3000n);
  });
});

describe('the whole of a transfer', () => {
  const refundAll = (tenant: Tenant, items: WireItem[]) =>
    activities.refund({ tenant, items: items.map((item) => ({ ...item, reason: late })) });

  test('its fee is paid with the amount, and comes back with it', async () => {
    const { tenant, pay, balance } = await bank({ a: 20n, b: 0n });
    const items = [pay('t', 'a', 'b', 5n, { feeMinor: 1n }), pay('u', 'a', 'nobody', 5n, { feeMinor: 2n })];
    await activities.debit({ tenant, items });
    await activities.credit({ tenant, items });
    expect([await balance('a'), await balance('b')]).toEqual([7n, 5n]);
    await refundAll(tenant, items.slice(1));
    expect(await balance('a')).toBe(14n);
  });

  test('a quote gives the destination its own currency, and the refund gives back what left', async () => {
    const { tenant, pay, balance } = await bank({ a: 20n, 'y:JPY': 0n, b: 0n });
    const exchange = { creditMinor: 800n, creditCurrency: 'JPY', quoteId: 'q', rate: '160' };
    const items = [pay('t', 'a', 'y', 5n, exchange), pay('u', 'a', 'b', 5n, exchange)];
    await activities.debit({ tenant, items });
    const results = await activities.credit({ tenant, items });
    expect(results.map(({ result, refusal: why }) => why?.code ?? result)).toEqual([
      'done',
      'currency-mismatch',
    ]);
    await refundAll(tenant, items.slice(1));
    expect([await balance('a'), await balance('y'), await balance('b')]).toEqual([15n, 800n, 0n]);
  });

  test('a capture takes from its hold once, and its refund leaves the hold gone', async () => {
    const { tenant, command, pay, balance, types } = await bank({ a: 10n, b: 0n });
    const holdId = 'h' as HoldId;
    const hold = { accountId: 'a' as AccountId, holdId, amountMinor: 8n, currency: 'EUR', expiresAt: null };
    await command('h', { type: 'placeHold', data: { ...hold, description: null, metadata: {} } });
    expect(await activities.debit({ tenant, items: [pay('x', 'a', 'b', 3n)] })).toMatchObject([
      { refusal: { code: 'insufficient-funds' } },
    ]);
    const items = [pay('t', 'a', 'nobody', 6n, { holdId }), pay('u', 'a', 'b', 1n, { holdId })];
    const results = await activities.debit({ tenant, items });
    expect(results.map(({ result, refusal: why }) => why?.code ?? result)).toEqual(['done', 'hold-final']);
    await activities.credit({ tenant, items: items.slice(0, 1) });
    await refundAll(tenant, items.slice(0, 1));
    expect(await balance('a')).toBe(10n);
    expect(await types('account-a')).toEqual([
      ...['AccountOpened', 'MoneyDeposited', 'FundsHeld', 'HoldCaptured', 'TransferRefunded'],
    ]);
  });

  test('reversals at once never come to more than the original', async () => {
    const { tenant, pay, balance, head } = await bank({ a: 10n, b: 100n });
    const original = [pay('o', 'a', 'b', 10n)];
    await activities.debit({ tenant, items: original });
    await activities.credit({ tenant, items: original });
    const reversals = Array.from({ length: 12 }, (_, at) => pay(`r${at}`, 'b', 'a', 3n, { reverses: 'o' }));
    const results = await Promise.all(reversals.map((item) => activities.debit({ tenant, items: [item] })));
    const codes = results.flat().map(({ result, refusal: why }) => why?.code ?? result);
    expect(codes.filter((code) => code === 'done')).toHaveLength(3);
    expect(new Set(codes)).toEqual(new Set(['done', 'reversal-exceeds-original']));
    expect([(await head('o')).reversedMinor, await balance('b')]).toEqual([9n, 101n]);
  });

  test('reversals of an exchanged transfer, asked for at once, give all that came and no more', async () => {
    const { tenant, pay, balance, head, types, compensate } = await bank({ a: 10n, 'y:JPY': 0n });
    const exchange = { creditMinor: 16n, creditCurrency: 'JPY', quoteId: 'q', rate: '160' };
    const original = [pay('o', 'a', 'y', 10n, exchange)];
    await activities.debit({ tenant, items: original });
    await activities.credit({ tenant, items: original });
    // Each was asked for before any other was decided: all carry the same share.
    const back = { currency: 'JPY', creditMinor: 1n, creditCurrency: 'EUR', quoteId: 'q', rate: '160' };
    const reversals = Array.from({ length: 12 }, (_, at) =>
      pay(`r${at}`, 'y', 'a', 1n, { ...back, reverses: 'o' }),
    );
    const results = await Promise.all(reversals.map((item) => activities.debit({ tenant, items: [item] })));
    const codes = results.flat().map(({ result, refusal: why }) => why?.code ?? result);
    expect(codes.filter((code) => code === 'done')).toHaveLength(10);
    expect([(await head('o')).reversedMinor, await balance('y')]).toEqual([10n, 0n]);
    const done = reversals.filter((_, at) => codes[at] === 'done');
    // What follows goes by what was decided, though the items still carry what was asked for.
    await activities.credit({ tenant, items: done.slice(1) });
    const heads = await Promise.all(done.map(({ transferId }) => head(transferId)));
    expect(heads.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)).toBe(16n);
    expect(await compensate(done.slice(0, 1))).toMatchObject([{ status: 'refunded' }]);
    expect([await balance('a'), await balance('y')]).toEqual([9n, heads[0]?.amountMinor]);
    expect((await types('transfer-o')).at(-1)).toBe('ReversalRefunded');
  });

  test('a reversal that is refunded gives back what it took of the original, once', async () => {
    const { tenant, command, pay, balance, head, types } = await bank({ a: 10n, b: 0n });
    const original = [pay('o', 'a', 'b', 10n)];
    await activities.debit({ tenant, items: original });
    await activities.credit({ tenant, items: original });
    await command('f', { type: 'freeze', data: { accountId: 'a' as AccountId, reason: 'test' } });
    const items = [pay('r', 'b', 'a', 4n, { reverses: 'o' })];
    await activities.debit({ tenant, items });
    expect((await head('o')).reversedMinor).toBe(4n);
    await activities.credit({ tenant, items });
    await refundAll(tenant, items);
    await refundAll(tenant, items);
    expect([(await head('o')).reversedMinor, await balance('b')]).toEqual([0n, 10n]);
    expect(await types('transfer-o')).toEqual(['ReversalDebited', 'ReversalRefunded']);
  });

  test('one that is scheduled waits, is expected meanwhile, and then goes through', async () => {
    const { tenant, pay, balance, status, types, expected } = await bank({ a: 10n, b: 0n });
    const executeAt = new Date(clock.getTime() + 60_000).toISOString();
    const items = [pay('t', 'a', 'b', 4n, { executeAt })];
    const waits = { transferId: 't', result: 'waits', refusal: null, until: executeAt };
    expect(await activities.debit({ tenant, items })).toEqual([waits]);
    expect(await activities.debit({ tenant, items })).toEqual([waits]);
    expect([await status('t'), await balance('a'), await types('transfer-t')]).toEqual([
      ...['scheduled', 10n, ['TransferScheduled']],
    ]);
    expect(await expected()).toEqual([`${tenant}/transfer/t transfer`]);
    clock = new Date(clock.getTime() + 60_000);
    expect(await activities.debit({ tenant, items })).toMatchObject([{ result: 'done' }]);
    await activities.credit({ tenant, items });
    expect([await status('t'), await balance('a'), await expected()]).toEqual(['completed', 6n, []]);
  });

  test('one that waits is not ended by a look that failed: it goes on waiting, fenced by nothing', async () => {
    const { tenant, pay, status, types, expected, ownInput, compensate } = await bank({
      ...{ 'a:USD': 500n, 'b:USD': 0n },
    });
    const executeAt = new Date(clock.getTime() + 60_000).toISOString();
    const later = [pay('t', 'a', 'b', 4n, { currency: 'USD', executeAt })];
    // Even where it never got to be scheduled.
    const waits = [{ transferId: 't', status: 'waits', until: executeAt }];
    expect(await compensate(later)).toEqual(waits);
    expect(await compensate(later)).toEqual(waits);
    expect([await status('t'), await types('transfer-t'), await expected()]).toEqual([
      ...['scheduled', ['TransferScheduled'], [`${tenant}/transfer/t transfer`]],
    ]);
    expect(await ownInput('t')).toMatchObject({
      tenant,
      deadlineMs: 7_000,
      transfers: [{ transferId: 't' }],
    });
    const asking = [pay('u', 'a', 'b', 101n, { currency: 'USD' })];
    expect(await activities.debit({ tenant, items: asking })).toMatchObject([{ result: 'waits' }]);
    expect(await compensate(asking)).toMatchObject([{ status: 'waits' }]);
    clock = new Date(clock.getTime() + 60_000);
    expect(await activities.debit({ tenant, items: later })).toMatchObject([{ result: 'done' }]);
    expect(await activities.credit({ tenant, items: later })).toMatchObject([{ result: 'done' }]);
    expect(await compensate(asking)).toMatchObject([{ status: 'cancelled' }]);
  });

  test('one above the threshold waits for a person, and is rejected when nobody answers in time', async () => {
    const { tenant, pay, balance, head, expected } = await bank({ 'a:USD': 500n, 'b:USD': 0n });
    const items = [
      pay('t', 'a', 'b', 101n, { currency: 'USD' }),
      pay('u', 'a', 'b', 100n, { currency: 'USD' }),
    ];
    const results = await activities.debit({ tenant, items });
    expect(results.map(({ result }) => result)).toEqual(['waits', 'done']);
    expect(await head('t')).toMatchObject({
      status: 'awaiting_approval',
      approval: { thresholdMinor: 100n },
    });
    expect(await expected()).toEqual([`${tenant}/transfer/t transfer`]);
    clock = new Date(clock.getTime() + 60_000);
    expect(await activities.debit({ tenant, items: items.slice(0, 1) })).toMatchObject([
      { result: 'refused', refusal: { code: 'approval-expired' } },
    ]);
    expect([(await head('t')).status, await balance('a'), await expected()]).toEqual(['rejected', 400n, []]);
  });

  test('one that is parked is expected until an operator has settled it', async () => {
    const { tenant, command, pay, expected } = await bank({ a: 4n });
    const items = [pay('t', 'a', 'nobody', 4n)];
    await activities.debit({ tenant, items });
    await activities.credit({ tenant, items });
    await command('c', { type: 'close', data: { accountId: 'a' as AccountId, reason: 'test' } });
    await refundAll(tenant, items);
    expect(await expected()).toEqual([`${tenant}/transfer/t parkedTransfer`]);
  });
});
