import { type AccountId, accountStream, type Tenant } from '../domain/ids.ts';
import { readClaimingCommand } from '../sql/commands.ts';
import { readHead } from '../sql/lock-heads.ts';
import { type AccountView, readAccount } from '../sql/read-account.ts';
import { readAppliedVersion } from '../sql/statement.ts';
import { awaitRead } from './await-read.ts';
import type { Deps } from './context.ts';
import { Problem } from './problem.ts';

type Wanted = {
  readonly tenant: Tenant;
  readonly accountId: AccountId;
  /** The version that the read table must have; undefined takes what there is. */
  readonly minVersion: number | undefined;
};

/**
 * Reads an account, from the read table or, before it is there, from the write side. With `minVersion` only the
 * read table will do, and it is waited for (READ_WAIT_MS).
 * @throws Problem 404; 409 `version-ahead` above the head; 503 where the account or the version is on its way
 */
export async function loadAccount(deps: Deps, wanted: Wanted): Promise<AccountView> {
  const { tenant, accountId, minVersion } = wanted;
  const found =
    (await readAccount(deps.readPool, deps.pool, tenant, accountId)) ??
    (await readOpened(deps, tenant, accountId));
  if (minVersion === undefined || has(found, minVersion)) return found;
  const head = await readHead(deps.pool, tenant, accountStream(accountId));
  if (head !== undefined && minVersion > head.version)
    throw versionAhead(accountId, head.version, minVersion);
  return awaitVersion(deps, { tenant, accountId, minVersion });
}

/**
 * Makes sure that there is an account before its history is listed: an empty list of nothing would be a lie.
 * @throws Problem like `loadAccount`
 */
export async function requireAccount(deps: Deps, wanted: Wanted): Promise<void> {
  await loadAccount(deps, wanted);
}

/**
 * An account whose transactions, too, have `minVersion`: one read table may be behind the other.
 * @throws Problem like `loadAccount`
 */
export async function loadAccountWithTransactions(deps: Deps, wanted: Wanted): Promise<AccountView> {
  const found = await loadAccount(deps, wanted);
  const { accountId, minVersion } = wanted;
  if (minVersion === undefined) return found;
  const detail = `The transactions of account ${accountId} do not have version ${minVersion} yet.`;
  return awaitRead(deps, detail, async () => {
    return (await readAppliedVersion(deps.readPool, wanted)) >= minVersion ? found : undefined;
  });
}

function awaitVersion(deps: Deps, wanted: Wanted & { minVersion: number }): Promise<AccountView> {
  const { tenant, accountId, minVersion } = wanted;
  const detail = `The read table does not have version ${minVersion} of account ${accountId} yet.`;
  return awaitRead(deps, detail, async () => {
    const found = await readAccount(deps.readPool, deps.pool, tenant, accountId);
    return found !== undefined && has(found, minVersion) ? found : undefined;
  });
}

/** The 409 for a version that no event has yet. */
export function versionAhead(accountId: AccountId, headVersion: number, wanted: number): Problem {
  const detail = `Account ${accountId} is at version ${headVersion}, not yet at ${wanted}.`;
  return new Problem('version-ahead', detail);
}

function has(view: AccountView, minVersion: number): boolean {
  return view.source === 'row' && view.version >= minVersion;
}

/**
 * Looks for the command behind an account that was not there. A resource whose POST was answered is never 404:
 * while its command is on its way it is not ready, and where it completed since the first look, it is read again.
 */
async function readOpened(deps: Deps, tenant: Tenant, accountId: AccountId): Promise<AccountView> {
  const command = await readClaimingCommand(deps.pool, tenant, 'account', accountId);
  if (command === undefined || command.status === 'refused') {
    throw new Problem('account-not-found', `There is no account ${accountId}.`, { status: 404 });
  }
  if (command.status === 'accepted') {
    const detail = `Account ${accountId} is being opened by command ${command.commandId}.`;
    throw new Problem('not-ready', detail, { headers: { 'retry-after': '1' } });
  }
  const opened = await readAccount(deps.readPool, deps.pool, tenant, accountId);
  if (opened === undefined)
    throw new Error(`command ${command.commandId} is completed, and account ${accountId} has no head`);
  return opened;
}
