import type { Account, AccountState } from '../domain/account.ts';
import { evolve } from '../domain/account-decider.ts';
import type { AccountEvent } from '../domain/events.ts';
import { type AccountId, accountStream, type Tenant } from '../domain/ids.ts';
import type { Queryable } from '../platform/postgres.ts';
import { decodeEvent } from './codec.ts';
import { listStreamEvents, type PlacedEvent } from './list-events.ts';
import { readHead } from './lock-heads.ts';

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
): Promise<AccountAt> {
  const streamId = accountStream(accountId);
  const head = await readHead(db, tenant, streamId);
  if (head?.version !== version || !('balanceMinor' in head.state)) {
    return foldAccount(db, tenant, accountId, version);
  }
  const [event] = await listStreamEvents(db, tenant, streamId, { limit: 1, after: version - 1 });
  if (event === undefined) throw missing(streamId, version);
  const { createdAt, state: account } = head;
  return { account, version, position: event.position, createdAt, asOf: event.occurredAt };
}

/** Events in memory at once. */
const PAGE = 500;

/**
 * Folds an account's events up to a version that is committed, page by page: costs time with the version, never
 * memory.
 * @throws where the history is damaged: an event is missing, or cannot follow the state before it.
 */
export async function foldAccount(
  db: Queryable,
  tenant: Tenant,
  accountId: AccountId,
  version: number,
): Promise<AccountAt> {
  const streamId = accountStream(accountId);
  let state: AccountState = null;
  let createdAt: string | undefined;
  for (let after = 0; ; ) {
    const limit = Math.min(PAGE, version - after);
    const events = await listStreamEvents(db, tenant, streamId, { limit, after });
    const last = events.at(-1);
    if (last?.version !== after + events.length) throw missing(streamId, after + 1);
    createdAt ??= events[0]?.occurredAt ?? last.occurredAt;
    const account: AccountState = events.reduce(fold, state);
    if (last.version >= version && account !== null) {
      return { account, version: last.version, position: last.position, createdAt, asOf: last.occurredAt };
    }
    state = account;
    after = last.version;
  }
}

/** An event that must be there, at this version or soon after it, is not. */
function missing(streamId: string, version: number): Error {
  return new Error(`${streamId} has a gap at version ${version} or soon after: run the integrity check`);
}

function fold(state: AccountState, stored: PlacedEvent): AccountState {
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
 * back from the head: costs the versions since then.
 * @returns undefined where the account was never opened
 */
export async function readVersionAt(
  db: Queryable,
  tenant: Tenant,
  accountId: AccountId,
  at: string,
): Promise<VersionAt | undefined> {
  const { rows } = await db.query<{ version: number | null; opened_at: string }>({
    name: 'read-version-at',
    text: `select occurred_at as opened_at,
             (select version from events
              where tenant = $1 and stream_id = $2 and occurred_at <= $3::timestamptz
              order by version desc limit 1) as version
           from events
           where tenant = $1 and stream_id = $2 and version = 1`,
    values: [tenant, accountStream(accountId), at],
  });
  return rows[0] && { version: rows[0].version, openedAt: rows[0].opened_at };
}
