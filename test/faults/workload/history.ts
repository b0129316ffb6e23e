import type { BatchTold } from './batch-told.ts';
import type { Load } from './load.ts';

/** An event of one of a run's streams, with what the checks look at; null where it has none. Minor units. */
export type Fact = {
  readonly streamId: string;
  readonly version: number;
  readonly type: string;
  readonly amountMinor: bigint | null;
  readonly balanceMinor: bigint | null;
  readonly heldMinor: bigint | null;
  readonly releasedMinor: bigint | null;
  readonly overdraftLimitMinor: bigint | null;
  readonly transferId: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly holdId: string | null;
  /** Of cash: which wish of the load it came from. */
  readonly description: string | null;
  readonly refusalCode: string | null;
};

export type Head = {
  readonly streamId: string;
  readonly version: number;
  readonly balanceMinor: bigint | null;
};

export type CommandRow = {
  readonly commandId: string;
  readonly resourceId: string;
  readonly key: string | null;
  readonly status: string;
  /** Milliseconds since 1970, by the clock of the process that ended it; null while it is accepted. */
  readonly finishedAtMs: number | null;
};

/** A stored row of the read model, of the live generation. `entry` tells several rows of one event apart. */
export type ReadRow = {
  readonly table: 'transactions' | 'journal';
  readonly streamId: string;
  readonly version: number;
  readonly entry: number;
  readonly amountMinor: bigint;
  /** The account's balance after it; null in the journal. */
  readonly closingMinor: bigint | null;
};

export type BalanceRow = {
  readonly accountId: string;
  readonly version: number;
  readonly balanceMinor: bigint;
  readonly heldMinor: bigint;
};

/** All that Remit says of a run once it is quiet: the store, the read tables, and what the API answers. */
export type History = {
  readonly accounts: Load['accounts'];
  /** In the order of each stream. */
  readonly facts: readonly Fact[];
  readonly heads: readonly Head[];
  readonly commands: readonly CommandRow[];
  readonly readRows: readonly ReadRow[];
  readonly balances: readonly BalanceRow[];
  /** What GET /api/transfers/:id says of each transfer that was asked for: its status, or null where it is 404. */
  readonly transferStatuses: ReadonlyMap<string, string | null>;
  /** What GET /api/transfer-batches/:id says of each batch that was asked for; null where it is 404. */
  readonly batches: ReadonlyMap<string, BatchTold | null>;
  readonly outbox: number;
  readonly letters: number;
};

/** The account whose stream this is; null for a transfer's. */
export function accountOf(fact: Pick<Fact, 'streamId'>): string | null {
  return fact.streamId.startsWith('account-') ? fact.streamId.slice('account-'.length) : null;
}
