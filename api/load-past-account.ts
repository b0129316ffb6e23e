import { type AccountId, accountStream, type Tenant } from '../domain/ids.ts';
import { readHead } from '../sql/lock-heads.ts';
import { type AccountAt, readAccountAt, readVersionAt } from '../sql/read-account-at.ts';
import type { Deps } from './context.ts';
import { requireAccount, versionAhead } from './load-account.ts';
import { Problem } from './problem.ts';

type Key = {
  readonly tenant: Tenant;
  readonly accountId: AccountId;
  /** Aborted when the client is gone: nobody waits for the answer then. */
  readonly signal: AbortSignal;
};

/** A history may have any length: reading one stops after this long. */
const HISTORY_TIMEOUT_MS = 5_000;

/**
 * An account as it was at one of its versions, from the event store.
 * @throws Problem 404 for an account that was never opened; 409 `version-ahead` above the head; 503 where its history
 *   is too long to be read in HISTORY_TIMEOUT_MS
 */
export async function loadAccountAtVersion(deps: Deps, key: Key, version: number): Promise<AccountAt> {
  const { tenant, accountId } = key;
  const read = () => readHead(deps.pool, tenant, accountStream(accountId));
  const head = (await read()) ?? (await opened(deps, key, read));
  if (version > head.version) throw versionAhead(accountId, head.version, version);
  return inTime(key, (signal) => readAccountAt(deps.pool, tenant, accountId, version, signal));
}

/**
 * An account as it was at an instant (ISO 8601), from the event store; in the future, as it is now.
 * @throws Problem 404 for an account that was never opened, or not by then; 503 like `loadAccountAtVersion`
 */
export function loadAccountAt(deps: Deps, key: Key, at: string): Promise<AccountAt> {
  return inTime(key, (signal) => readAt(deps, { ...key, signal }, at));
}

async function readAt(deps: Deps, key: Key, at: string): Promise<AccountAt> {
  const { tenant, accountId, signal } = key;
  const read = () => readVersionAt(deps.pool, tenant, accountId, at, signal);
  const { version, openedAt } = (await read()) ?? (await opened(deps, key, read));
  if (version !== null) return readAccountAt(deps.pool, tenant, accountId, version, signal);
  const detail = `Account ${accountId} was opened at ${openedAt}, after ${at}.`;
  throw new Problem('account-not-found', detail, { status: 404 });
}

/** Tells why nothing was found; an account that was opened since then is read again. */
async function opened<T>(deps: Deps, key: Key, read: () => Promise<T | undefined>): Promise<T> {
  await requireAccount(deps, { ...key, minVersion: undefined });
  const found = await read();
  if (found === undefined) throw new Error(`account ${key.accountId} is opened, and has no events`);
  return found;
}

/** Work that ends when it takes too long, or when nobody waits for it any more. */
async function inTime<T>({ accountId, signal }: Key, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const either = AbortSignal.any([signal, AbortSignal.timeout(HISTORY_TIMEOUT_MS)]);
  try {
    return await work(either);
  } catch (error) {
    if (!either.aborted || error !== either.reason) throw error;
    const detail = `The history of account ${accountId} could not be read in ${HISTORY_TIMEOUT_MS} ms.`;
    throw new Problem('not-ready', detail, { headers: { 'retry-after': '5' }, cause: error });
  }
}
