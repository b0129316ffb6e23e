import type { Account, AccountState } from '../domain/account.ts';
import { evolve } from '../domain/account-decider.ts';
import type { AccountEvent, DomainEvent, EventMetadata } from '../domain/events.ts';
import {
  type AccountId,
  accountStream,
  type StreamId,
  type Tenant,
  type TransferId,
  transferStream,
} from '../domain/ids.ts';
import type { Refusal } from '../domain/refusals.ts';
import {
  evolveTransfer,
  isTransferEvent,
  type Place,
  type Transfer,
  type TransferState,
} from '../domain/transfer.ts';
import { encodeEvent, type StoredEvent } from './codec.ts';
import type { Wait } from './commands.ts';
import type { ExpectedWorkflow } from './expected-workflows.ts';
import { hashEvent, NO_HASH } from './hash.ts';
import type { StoredHead } from './lock-heads.ts';
import { type Outcome, type OutcomeKey, type OutcomeRow, outcomeName } from './outcomes.ts';

/** A command's end, written in the transaction that decides it. */
export type CommandEnd = {
  readonly commandId: string;
  readonly status: 'completed' | 'refused';
  readonly refusal: Refusal | null;
  /** The transfer that it was about, as it ended: in its head from now on, and told within the process. */
  readonly transfer?: Transfer | null;
};

/**
 * One transaction's view and its changes, in memory. Reads see the changes made before them in the same
 * draft, so that several items of a list may use one account.
 */
export type Draft = {
  /** The instant of this decision (ISO 8601, UTC): each of its events happened then. */
  readonly at: string;
  account(id: AccountId): AccountState;
  transfer(id: TransferId): TransferState;
  /** Version and instant of the account's last event; the version is 0 for an account that does not exist. */
  accountPlace(id: AccountId): Place & { createdAt: string };
  outcome(key: OutcomeKey): Outcome | undefined;
  /** Appends to the account's stream; a leg also moves its transfer's head. */
  appendToAccount(id: AccountId, event: AccountEvent, metadata: EventMetadata): void;
  /** Appends to the transfer's own stream. */
  appendToTransfer(id: TransferId, event: Exclude<DomainEvent, AccountEvent>, metadata: EventMetadata): void;
  record(key: OutcomeKey, outcome: Outcome): void;
  finish(end: CommandEnd): void;
  /** A workflow that must run from now on, or (`forget`) need not any more; `nudge` has it look again. */
  expect(workflow: ExpectedWorkflow): void;
  forget(workflowId: string): void;
  nudge(workflowId: string): void;
  /** The command waits until an instant: the sweeper need not look before. */
  defer(wait: Wait): void;
};

export type DraftHead = {
  /** True where the lock found no head: it must not be there when it is written either. */
  isNew: boolean;
  version: number;
  state: NonNullable<AccountState> | NonNullable<TransferState>;
  hash: string;
  createdAt: string;
  updatedAt: string;
};

/** Everything that a draft wants written, in order. */
export type Changes = {
  readonly tenant: Tenant;
  readonly events: StoredEvent[];
  readonly heads: Map<StreamId, DraftHead>;
  readonly outcomes: OutcomeRow[];
  readonly ends: CommandEnd[];
  readonly expected: ExpectedWorkflow[];
  readonly forgotten: string[];
  readonly nudged: string[];
  readonly deferred: Wait[];
  readonly at: string;
};

/** Nothing to write yet, in a decision of this instant. */
export function noChanges(tenant: Tenant, at: string): Changes {
  return {
    tenant,
    at,
    events: [],
    heads: new Map(),
    outcomes: [],
    ends: [],
    expected: [],
    forgotten: [],
    nudged: [],
    deferred: [],
  };
}

/** A draft over the locked heads and the outcomes found; `changes` collects what it wants written. */
export function createDraft(
  heads: Map<string, StoredHead>,
  found: Map<string, Outcome>,
  changes: Changes,
): Draft {
  const outcomes = new Map(found);
  const headOf = (streamId: StreamId): DraftHead | StoredHead | undefined =>
    changes.heads.get(streamId) ?? heads.get(streamId);
  const setHead = (streamId: StreamId, state: DraftHead['state'], next: { version: number; hash: string }) =>
    changes.heads.set(streamId, {
      ...next,
      state,
      isNew: !heads.has(streamId),
      createdAt: headOf(streamId)?.createdAt ?? changes.at,
      updatedAt: changes.at,
    });

  const account = (id: AccountId): AccountState => {
    const head = headOf(accountStream(id));
    return head === undefined ? null : (head.state as Account);
  };
  const transfer = (id: TransferId): TransferState => {
    const head = headOf(transferStream(id));
    return head === undefined ? null : (head.state as TransferState);
  };

  function chain(
    streamId: StreamId,
    event: DomainEvent,
    metadata: EventMetadata,
  ): { version: number; hash: string } {
    const last = headOf(streamId);
    const version = (last?.version ?? 0) + 1;
    const { tenant, at: occurredAt } = changes;
    const unhashed = { tenant, streamId, version, ...encodeEvent(event), metadata, occurredAt };
    const hash = hashEvent(last?.hash ?? NO_HASH, unhashed);
    changes.events.push({ ...unhashed, hash });
    return { version, hash };
  }

  return {
    at: changes.at,
    account,
    transfer,
    accountPlace(id) {
      const head = headOf(accountStream(id));
      return {
        version: head?.version ?? 0,
        occurredAt: head?.updatedAt ?? changes.at,
        createdAt: head?.createdAt ?? changes.at,
      };
    },
    outcome: (key) => outcomes.get(outcomeName(key)),
    appendToAccount(id, event, metadata) {
      const streamId = accountStream(id);
      const state = evolve(account(id), event, changes.at);
      const next = chain(streamId, event, metadata);
      setHead(streamId, state, next);
      const place = { version: next.version, occurredAt: changes.at };
      if (isTransferEvent(event)) {
        const transferId = event.data.transferId;
        const head = headOf(transferStream(transferId));
        const moved = evolveTransfer(transfer(transferId), event, place);
        setHead(transferStream(transferId), moved, {
          version: head?.version ?? 0,
          hash: head?.hash ?? NO_HASH,
        });
      }
    },
    appendToTransfer(id, event, metadata) {
      const streamId = transferStream(id);
      const last = headOf(streamId);
      const place = { version: (last?.version ?? 0) + 1, occurredAt: changes.at };
      const state = evolveTransfer(transfer(id), event, place);
      setHead(streamId, state, chain(streamId, event, metadata));
    },
    record(key, outcome) {
      outcomes.set(outcomeName(key), outcome);
      changes.outcomes.push({ ...key, ...outcome });
    },
    finish(end) {
      changes.ends.push(end);
    },
    expect: (workflow) => changes.expected.push(workflow),
    forget: (workflowId) => changes.forgotten.push(workflowId),
    nudge: (workflowId) => changes.nudged.push(workflowId),
    defer: (wait) => changes.deferred.push(wait),
  };
}
