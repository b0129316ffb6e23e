import type { CommandRequest } from '../../../dispatch/dispatcher.ts';
import type { AccountId, TransferId } from '../../../domain/ids.ts';
import type { Chance } from './chance.ts';

/** One client and its one wish. */
export type Operation = {
  /** Its place in the list, which names it in a smaller run as well. */
  readonly id: number;
  /** Milliseconds after the beginning. */
  readonly atMs: number;
  readonly request: CommandRequest;
  /** Null: a client that cannot repeat its request. */
  readonly key: string | null;
  /** How often the client sends the same request again although it may have been answered. */
  readonly repeats: number;
};

export const ACCOUNTS = ['hot', 'a', 'b', 'c', 'd'].map((id) => id as AccountId);
const CLOSED = 'closed' as AccountId;
const FROZEN = 'frozen' as AccountId;
export const FIRST_DEPOSIT_MINOR = 10_000n;
const SPAN_MS = 8_000;
const LEAST = 8;
const MOST = 14;

/** Accounts that are there before anything goes wrong, and what becomes of two of them. */
export const SETUP: readonly CommandRequest[] = [
  ...ACCOUNTS.map((accountId) => open(accountId, FIRST_DEPOSIT_MINOR)),
  open(CLOSED, 0n),
  open(FROZEN, 0n),
  life('close', CLOSED),
  life('freeze', FROZEN),
];

/** The wishes of one run. */
export function createWorkload(chance: Chance): Operation[] {
  const count = chance.between('operations', LEAST, MOST);
  const operations: Operation[] = [];
  for (let index = 0; operations.length < count; index += 1) {
    const atMs = chance.between(`at/${index}`, 0, SPAN_MS);
    for (const { request, afterMs } of wish(chance, index)) {
      const id = operations.length;
      const keyed = chance.fraction(`keyed/${id}`) < 0.7;
      operations.push({
        id,
        atMs: atMs + afterMs,
        request,
        key: keyed ? `key-${id}` : null,
        repeats: keyed && chance.fraction(`repeated/${id}`) < 0.3 ? chance.between(`repeats/${id}`, 1, 2) : 0,
      });
    }
  }
  return operations;
}

type Wish = { readonly request: CommandRequest; readonly afterMs: number };

function wish(chance: Chance, index: number): Wish[] {
  const kind = chance.fraction(`kind/${index}`);
  const one = (request: CommandRequest): Wish[] => [{ request, afterMs: 0 }];
  if (kind < 0.58) return one(someTransfer(chance, index));
  if (kind < 0.66) return one(cash('deposit', source(chance, index), amount(chance, index)));
  if (kind < 0.73) return one(cash('withdraw', source(chance, index), amount(chance, index)));
  if (kind < 0.77)
    return one(life(chance.pick(`life/${index}`, ['freeze', 'unfreeze'] as const), source(chance, index)));
  if (kind < 0.85) return emptied(chance, index);
  if (kind < 0.9) return reversed(chance, index);
  if (kind < 0.94) return scheduled(chance, index);
  if (kind < 0.97) return claimedTwice(chance, index);
  return one(batch(chance, index));
}

function someTransfer(chance: Chance, index: number) {
  const from = source(chance, index);
  return transfer(`t${index}`, from, target(chance, index, from), amount(chance, index));
}

/** All money of an account goes where it is refused, and the account is closed meanwhile: nobody takes the refund. */
function emptied(chance: Chance, index: number): Wish[] {
  const from = source(chance, index);
  const to = chance.fraction(`emptied/${index}`) < 0.85 ? CLOSED : ACCOUNTS.find((id) => id !== from)!;
  const transferId = `t${index}`;
  return [
    { request: transfer(transferId, from, to, FIRST_DEPOSIT_MINOR), afterMs: 0 },
    { request: life('close', from), afterMs: chance.between(`closed/${index}`, 10, 400) },
    ...(chance.fraction(`retried/${index}`) < 0.7
      ? [{ request: resolve(transferId, chance.pick(`resolve/${index}`, ACCOUNTS)), afterMs: 20_000 }]
      : []),
  ];
}

function reversed(chance: Chance, index: number): Wish[] {
  const first = someTransfer(chance, index);
  const back = transfer(`r${index}`, first.to, first.from, first.amountMinor);
  const times = chance.between(`reversals/${index}`, 1, 2);
  const wishes = [{ request: first as CommandRequest, afterMs: 0 }];
  for (let time = 0; time < times; time += 1) {
    const transferId = `r${index}-${time}` as TransferId;
    const request = { ...back, transferId, reverses: first.transferId! };
    wishes.push({ request, afterMs: chance.between(`reversed/${index}/${time}`, 500, 3_000) });
  }
  return wishes;
}

function scheduled(chance: Chance, index: number): Wish[] {
  const dueMs = Date.parse('2026-01-01T00:00:00Z') + chance.between(`due/${index}`, 1_000, 25_000);
  const request = { ...someTransfer(chance, index), executeAt: new Date(dueMs).toISOString() };
  const reason = 'second thoughts';
  const cancel = { type: 'cancel' as const, transferId: request.transferId!, reason };
  const cancelled = chance.fraction(`cancelled/${index}`) < 0.4;
  return [
    { request, afterMs: 0 },
    ...(cancelled ? [{ request: cancel, afterMs: chance.between(`cancel/${index}`, 500, 15_000) }] : []),
  ];
}

/** Two clients choose the same id for transfers that are not the same. */
function claimedTwice(chance: Chance, index: number): Wish[] {
  const request = someTransfer(chance, index);
  const other = { ...request, amountMinor: request.amountMinor + 1n };
  return [
    { request, afterMs: 0 },
    { request: other, afterMs: chance.between(`other/${index}`, 0, 500) },
  ];
}

function batch(chance: Chance, index: number): CommandRequest {
  const transfers = [0, 1, 2].map((item) => {
    const name = `${index}-${item}`;
    const from =
      chance.fraction(`batch/${index}`) < 0.5 ? ACCOUNTS[0]! : chance.pick(`from/${name}`, ACCOUNTS);
    const to = chance.fraction(`to/${name}`) < 0.25 ? CLOSED : other(chance, name, from);
    const { type: _, ...rest } = transfer(
      `b${name}`,
      from,
      to,
      BigInt(chance.between(`amount/${name}`, 1, 5_000)),
    );
    return rest;
  });
  return { type: 'transferBatch', batchId: `batch${index}`, transfers };
}

function source(chance: Chance, index: number): AccountId {
  return chance.fraction(`hot/${index}`) < 0.4 ? ACCOUNTS[0]! : chance.pick(`from/${index}`, ACCOUNTS);
}

function target(chance: Chance, index: number, from: AccountId): AccountId {
  const kind = chance.fraction(`target/${index}`);
  if (kind < 0.12) return CLOSED;
  if (kind < 0.2) return FROZEN;
  if (kind < 0.24) return 'nobody' as AccountId;
  return other(chance, `${index}`, from);
}

function other(chance: Chance, name: string, from: AccountId): AccountId {
  return chance.pick(
    `to/${name}`,
    ACCOUNTS.filter((id) => id !== from),
  );
}

/** Three in ten are more than most accounts have. */
function amount(chance: Chance, index: number): bigint {
  const most = chance.fraction(`large/${index}`) < 0.3 ? 30_000 : 6_000;
  return BigInt(chance.between(`amount/${index}`, 1, most));
}

function open(accountId: AccountId, initialDepositMinor: bigint): CommandRequest {
  const nobody = { ownerId: null, name: null, overdraftLimitMinor: 0n, metadata: {} };
  return { type: 'openAccount', accountId, currency: 'EUR', initialDepositMinor, ...nobody };
}

function life(type: 'close' | 'freeze' | 'unfreeze', accountId: AccountId): CommandRequest {
  return { type, accountId, reason: 'asked for' };
}

function resolve(transferId: string, to: AccountId): CommandRequest {
  return { type: 'resolve', transferId: transferId as TransferId, to, reason: 'found the owner' };
}

function cash(type: 'deposit' | 'withdraw', accountId: AccountId, amountMinor: bigint): CommandRequest {
  return { type, accountId, amountMinor, currency: 'EUR', description: null, metadata: {} };
}

function transfer(transferId: string, from: AccountId, to: AccountId, amountMinor: bigint) {
  return {
    type: 'transfer' as const,
    transferId: transferId as TransferId,
    from,
    to,
    amountMinor,
    currency: 'EUR',
    description: null,
    reference: null,
    metadata: {},
  };
}
