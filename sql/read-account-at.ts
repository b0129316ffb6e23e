import type { Account, AccountState } from '../domain/account.ts';
import { evolve } from '../domain/account-decider.ts';
import type { AccountEvent } from '../domain/events.ts';
import { type AccountId, accountStream, type Tenant } from '../domain/ids.ts';
import type { Queryable } from '../platform/postgres.ts';
import { decodeEvent, type StoredEvent } from './codec.ts';
import { listStreamEvents } from './list-events.ts';
import { readHead } from './lock-heads.ts';
import { type LogRow, toLoggedEvent } from './read-log.ts';

/** An account as it was at one of its versions. */
export type AccountAt = {
  readonly account: Account;
  readonly version: number;
  /** Log position of that version's event; null while it has none. */
  readonly position: bigint | null;
  readonly createdAt: string;
  /** When that version's event was decided. */
  readonly asOf: string;
};

/**
 * An account as it was at a version that is committed: as the head has it, or folded from its events. A version
 * never changes any more, so neither does the answer.
 */
export async function readAccountAt(
  db: Queryable,
  tenant: Tenant,
  accountId: AccountId,
  version: number,
  signal?: AbortSignal,
): Promise<AccountAt> {
  const streamId = accountStream(accountId);
  const head = await readHead(db, tenant, streamId);
  if (head?.version !== version || !('balanceMinor' in head.state)) {
    return foldAccount(db, tenant, accountId, version, signal);
  }
  return {
    account: head.state,
    version,
    createdAt: head.createdAt,
    ...(await readPlace(db, tenant, streamId, version)),
  };
}

async function readPlace(db: Queryable, tenant: Tenant, streamId: string, version: number) {
  const [event] = await listStreamEvents(db, tenant, streamId, { limit: 1, after: version - 1 });
  if (event?.version !== version) throw missing(streamId, version);
  return { position: event.position, asOf: event.occurredAt };
}

/** Events in memory at once. */
const PAGE = 500;

/** Versions that one step back looks at: only their times, which is quick. */
const STEP_BACK = 5_000;

/**
 * Folds an account's events up to a version that is committed, page by page: costs time with the version, never
 * memory. `signal` ends it between two pages.
 * @throws the signal's reason, and where the history is damaged: an event is missing, or cannot follow the state before it.
 */
export async function foldAccount(
  db: Queryable,
  tenant: Tenant,
  accountId: AccountId,
  version: number,
  signal?: AbortSignal,
): Promise<AccountAt> {
  const streamId = accountStream(accountId);
  let state: AccountState = null;
  let createdAt: string | undefined;
  for (let after = 0; ; ) {
    signal?.throwIfAborted();
    const limit = Math.min(PAGE, version - after);
    const events = await readPage(db, tenant, streamId, { limit, after });
    const last = events.at(-1);
    if (last?.version !== after + events.length) throw missing(streamId, after + 1);
    createdAt ??= events[0]?.occurredAt ?? last.occurredAt;
    const account: AccountState = events.reduce(fold, state);
    if (last.version >= version && account !== null) {
      return { account, version, createdAt, ...(await readPlace(db, tenant, streamId, version)) };
    }
    state = account;
    after = last.version;
  }
}

type EventRow = Omit<LogRow, 'position' | 'partition'>;

/** Events alone: a fold does not need their places in the log. */
async function readPage(
  db: Queryable,
  tenant: Tenant,
  streamId: string,
  page: { limit: number; after: number },
): Promise<StoredEvent[]> {
  const { rows } = await db.query<EventRow>({
    name: 'read-events-to-fold',
    text: `select tenant, stream_id, version, type, schema_version, data, metadata, occurred_at, hash from events
           where tenant = $1 and stream_id = $2 and version > $3 order by version limit $4`,
    values: [tenant, streamId, page.after, page.limit],
  });
  return rows.map((row) => toLoggedEvent({ ...row, position: 0n, partition: 0 }));
}

/** An event that must be there, at this version or soon after it, is not. */
function missing(streamId: string, version: number): Error {
  return new Error(`${streamId} has a gap at version ${version} or soon after: run the integrity check`);
}

function fold(state: AccountState, stored: StoredEvent): AccountState {
  // An account's stream holds an account's events only; evolve throws on any other.
  return evolve(state, decodeEvent(stored) as AccountEvent, stored.occurredAt);
}

/** What an account's stream says of an instant. */
export type VersionAt = {
  /** The last version that was decided by then; null before the first. */
  readonly version: number | null;
  /** When the first was decided. */
  readonly openedAt: string;
};

/**
 * The version at which an account stood at an instant (ISO 8601). Order is the stream's version, and a clock may
 * step back: so this is the last version whose time is not after the instant, though an earlier one may be. Walks
 * back from the head, step by step: costs the versions since then. Before the first version's time there is none.
 * `signal` ends it between two steps.
 * @returns undefined where the account was never opened
 * @throws the signal's reason
 */
export async function readVersionAt(
  db: Queryable,
  tenant: Tenant,
  accountId: AccountId,
  at: string,
  signal?: AbortSignal,
): Promise<VersionAt | undefined> {
  const streamId = accountStream(accountId);
  const [first] = await readPage(db, tenant, streamId, { limit: 1, after: 0 });
  if (first === undefined) return undefined;
  const openedAt = first.occurredAt;
  if (Date.parse(at) < Date.parse(openedAt)) return { version: null, openedAt };
  for (let before = BEYOND; ; ) {
    signal?.throwIfAborted();
    const { version, oldest } = await stepBack(db, tenant, streamId, { at, before });
    if (version !== null || oldest === null) return { version, openedAt };
    before = oldest;
  }
}

/** Above every version. */
const BEYOND = 2_147_483_647;

type Step = { readonly version: number | null; readonly oldest: number | null };

/** The last of the versions below `before` that was decided by an instant, as far as one step looks. */
async function stepBack(
  db: Queryable,
  tenant: Tenant,
  streamId: string,
  { at, before }: { at: string; before: number },
): Promise<Step> {
  const { rows } = await db.query<Step>({
    name: 'step-back-to-version-at',
    text: `select max(version) filter (where occurred_at <= $3::timestamptz) as version, min(version) as oldest
           from (
             select version, occurred_at from events
             where tenant = $1 and stream_id = $2 and version < $4 order by version desc limit $5
           ) as step`,
    values: [tenant, streamId, at, before, STEP_BACK],
  });
  return rows[0] ?? { version: null, oldest: null };
}
