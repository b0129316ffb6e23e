import { accountOf, type Fact, type History, type ReadRow } from './history.ts';
import type { Observation } from './load.ts';

/** A small run that never happened: what clients saw, and what Remit would say of it. */
export type World = { readonly observations: readonly Observation[]; readonly facts: readonly Fact[] };

const ACCOUNTS = { hot: 'hot', others: ['a1'], closed: 'shut' };

/** An event of an account, or of a transfer where `of` begins with `transfer-`. */
export function fact(of: string, version: number, type: string, more: Partial<Fact> = {}): Fact {
  const streamId = of.startsWith('transfer-') ? of : `account-${of}`;
  return {
    ...{
      streamId,
      version,
      type,
      amountMinor: null,
      balanceMinor: null,
      heldMinor: null,
      releasedMinor: null,
    },
    ...{ overdraftLimitMinor: null, transferId: null, from: null, to: null, holdId: null },
    ...{ description: null, refusalCode: null },
    ...more,
  };
}

/** A request that was sent at `at`, and answered (or not: null) 10 ms later. */
export function post(
  at: number,
  path: string,
  body: Observation['body'],
  answer: { readonly status: number; readonly body: object } | null,
): Observation {
  const seen = answer && { status: answer.status, replayed: false, text: JSON.stringify(answer.body) };
  const key = `key-${String(body?.id ?? body?.description)}`;
  return { client: 0, key, method: 'POST', path, body, sentAt: at, seenAt: at + 10, answer: seen };
}

/** A transfer of that many euros, asked for at `at`. */
export function transfer(
  at: number,
  [id, from, to, amount]: readonly [string, string, string, string],
  answer: Parameters<typeof post>[3],
): Observation {
  return post(at, '/api/transfers', { id, from, to, amount, currency: 'EUR' }, answer);
}

/** What Remit would say if it had written these events without any fault. */
export function historyOf({ facts }: World, statuses: ReadonlyMap<string, string | null>): History {
  const money = facts.filter(({ amountMinor, type }) => amountMinor !== null && type !== 'FundsHeld');
  const accounts = [...new Set(facts.map(accountOf))].filter((id) => id !== null);
  const streams = [...new Set(facts.map(({ streamId }) => streamId))];
  const lastOf = (streamId: string) => facts.filter((one) => one.streamId === streamId).at(-1);
  const balanceOf = (streamId: string) =>
    facts.filter((one) => one.streamId === streamId && one.balanceMinor !== null).at(-1)?.balanceMinor ?? 0n;
  const row = (table: ReadRow['table'], one: Fact): ReadRow => {
    const { streamId, version, amountMinor, balanceMinor } = one;
    const closingMinor = table === 'journal' ? null : balanceMinor;
    return { table, streamId, version, entry: 0, amountMinor: amountMinor ?? 0n, closingMinor };
  };
  return {
    accounts: ACCOUNTS,
    facts,
    heads: streams.map((streamId) => {
      const balanceMinor = accountOf({ streamId }) === null ? null : balanceOf(streamId);
      return { streamId, version: lastOf(streamId)?.version ?? 0, balanceMinor };
    }),
    commands: [
      ...[...statuses].filter(([, status]) => status !== null).map(([id]) => id),
      ...facts.map(({ description }) => description).filter((id) => id !== null),
    ].map((id) => {
      return {
        commandId: `c-${id}`,
        resourceId: id,
        key: `key-${id}`,
        status: 'completed',
        finishedAtMs: 1_000,
      };
    }),
    readRows: money.flatMap((one) => [row('transactions', one), row('journal', one)]),
    balances: accounts.map((accountId) => {
      const streamId = `account-${accountId}`;
      const version = lastOf(streamId)?.version ?? 0;
      return { accountId, version, balanceMinor: balanceOf(streamId), heldMinor: 0n };
    }),
    transferStatuses: statuses,
    batches: new Map(),
    outbox: 0,
    letters: 0,
  };
}

const T1 = { transferId: 't1', from: 'hot', to: 'a1', amountMinor: 3_000n };
const T2 = { transferId: 't2', from: 'a1', to: 'shut', amountMinor: 1_000n };
const T4 = { transferId: 't4', from: 'hot', to: 'a1', amountMinor: 500n };
const DEPOSIT = { amountMinor: 10_000n, balanceMinor: 10_000n };

/** A deposit to each account, a completed transfer, a refunded, a rejected, and one of which no answer was seen. */
export const WORLD: World = {
  observations: [
    deposit(0, 'hot'),
    deposit(0, 'a1'),
    transfer(
      100,
      ['t1', 'hot', 'a1', '30.00'],
      completed([
        ['debit', 'hot', 3],
        ['credit', 'a1', 3],
      ]),
    ),
    transfer(
      200,
      ['t1', 'hot', 'a1', '30.00'],
      completed([
        ['debit', 'hot', 3],
        ['credit', 'a1', 3],
      ]),
    ),
    transfer(300, ['t2', 'a1', 'shut', '10.00'], refused('account-closed', 'refunded')),
    transfer(400, ['t3', 'hot', 'a1', '500.00'], refused('insufficient-funds', 'rejected')),
    transfer(500, ['t4', 'hot', 'a1', '5.00'], null),
    read(600, 'a1', 6, '135.00'),
  ],
  facts: [
    fact('hot', 1, 'AccountOpened', { overdraftLimitMinor: 0n }),
    fact('hot', 2, 'MoneyDeposited', { ...DEPOSIT, description: 'hot-begin' }),
    fact('hot', 3, 'TransferDebited', { ...T1, balanceMinor: 7_000n }),
    fact('hot', 4, 'TransferDebited', { ...T4, balanceMinor: 6_500n }),
    fact('a1', 1, 'AccountOpened', { overdraftLimitMinor: 0n }),
    fact('a1', 2, 'MoneyDeposited', { ...DEPOSIT, description: 'a1-begin' }),
    fact('a1', 3, 'TransferCredited', { ...T1, balanceMinor: 13_000n }),
    fact('a1', 4, 'TransferDebited', { ...T2, balanceMinor: 12_000n }),
    fact('a1', 5, 'TransferRefunded', { ...T2, balanceMinor: 13_000n, refusalCode: 'account-closed' }),
    fact('a1', 6, 'TransferCredited', { ...T4, balanceMinor: 13_500n }),
    fact('transfer-t2', 1, 'CreditRefused', { transferId: 't2', refusalCode: 'account-closed' }),
    fact('transfer-t3', 1, 'TransferRejected', { transferId: 't3', refusalCode: 'insufficient-funds' }),
  ],
};

/** What GET says of WORLD's transfers. */
export const STATUSES = new Map<string, string | null>([
  ['t1', 'completed'],
  ['t2', 'refunded'],
  ['t3', 'rejected'],
  ['t4', 'completed'],
]);

function deposit(at: number, id: string): Observation {
  const body = { amount: '100.00', currency: 'EUR', description: `${id}-begin` };
  return post(at, `/api/accounts/${id}/deposits`, body, {
    status: 201,
    body: { version: 2, balance: '100.00' },
  });
}

/** An account as it was read at `at`. */
export function read(at: number, id: string, version: number, balance: string): Observation {
  const text = JSON.stringify({ id, version, balance, held: '0.00' });
  const answer = { status: 200, replayed: false, text };
  const path = `/api/accounts/${id}`;
  return { client: 1, key: null, method: 'GET', path, body: null, sentAt: at, seenAt: at + 10, answer };
}

/** The answer of a completed transfer with these legs. */
export function completed(legs: readonly (readonly [leg: string, accountId: string, version: number])[]) {
  const told = legs.map(([leg, accountId, version]) => ({ leg, accountId, version }));
  return { status: 201, body: { status: 'completed', legs: told } };
}

/** The answer of a refused transfer. */
export function refused(code: string, transferStatus: string) {
  return { status: 422, body: { status: 422, code, transferStatus } };
}
