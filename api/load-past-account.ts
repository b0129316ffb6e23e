import { type AccountId, accountStream, type Tenant } from '../domain/ids.ts';
import { readHead } from '../sql/lock-heads.ts';
import { type AccountAt, readAccountAt, readVersionAt } from '../sql/read-account-at.ts';
import type { Deps } from './context.ts';
import { requireAccount, versionAhead } from './load-account.ts';
import { Problem } from './problem.ts';

type Key = { readonly tenant: Tenant; readonly accountId: AccountId };

/**
 * An account as it was at one of its versions, from the event store.
 * @throws Problem 404 for an account that was never opened; 409 `version-ahead` above the head
 */
export async function loadAccountAtVersion(deps: Deps, key: Key, version: number): Promise<AccountAt> {
  const { tenant, accountId } = key;
  const read = () => readHead(deps.pool, tenant, accountStream(accountId));
  const head = (await read()) ?? (await opened(deps, key, read));
  if (version > head.version) throw versionAhead(accountId, head.version, version);
  return readAccountAt(deps.pool, tenant, accountId, version);
}

/**
 * An account as it was at an instant (ISO 8601), from the event store; in the future, as it is now.
 * @throws Problem 404 for an account that was never opened, or not by then
 */
export async function loadAccountAt(deps: Deps, key: Key, at: string): Promise<AccountAt> {
  const { tenant, accountId } = key;
  const read = () => readVersionAt(deps.pool, tenant, accountId, at);
  const { version, openedAt } = (await read()) ?? (await opened(deps, key, read));
  if (version !== null) return readAccountAt(deps.pool, tenant, accountId, version);
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
