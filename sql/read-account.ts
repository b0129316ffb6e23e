import type { Account } from '../domain/account.ts';
import { type AccountId, accountStream, type Tenant } from '../domain/ids.ts';
import type { Pool, PoolClient, Queryable } from '../platform/postgres.ts';
import { decodeAccountParts } from './codec.ts';
import { readHead } from './lock-heads.ts';
import { shareAccount, shareProjections } from './read-locks.ts';
import { inTransaction } from './transaction.ts';

/** An account as a reader sees it: from its balances row, or from the write side's head where there is no row. */
export type AccountView = {
  readonly account: Account;
  readonly version: number;
  /** Log position of the last applied event; null where the head answered. */
  readonly position: bigint | null;
  readonly createdAt: string;
  /** When the event of this version happened. */
  readonly asOf: string;
  readonly source: 'row' | 'head';
};

/** A balances row as Postgres gives it. */
export type BalanceRow = {
  tenant: string;
  account_id: AccountId;
  owner_id: string | null;
  name: string | null;
  currency: string;
  status: Account['status'];
  balance_minor: bigint;
  held_minor: bigint;
  overdraft_limit_minor: bigint;
  /** In wire form. */
  limits: unknown;
  holds: unknown;
  outgoing: unknown;
  metadata: Account['metadata'];
  version: number;
  position: bigint;
  created_at: string;
  as_of: string;
};

/**
 * Reads an account so that repeated reads never go backwards. The row answers with one plain query; without a
 * row (new, deleted, or parked account) the head answers under locks that order it before the row's creation.
 * `readPool` and `pool` must be two pools: the fallback holds a client of the first while it asks the second.
 * @returns undefined where the account was never opened.
 * @example const view = await readAccount(readPool, pool, tenant, accountId); view?.account.balanceMinor
 */
export async function readAccount(
  readPool: Pool,
  pool: Queryable,
  tenant: Tenant,
  accountId: AccountId,
): Promise<AccountView | undefined> {
  const row = await readRow(readPool, tenant, accountId);
  return row ?? inTransaction(readPool, (client) => fallBack(client, pool, tenant, accountId));
}

async function fallBack(client: PoolClient, pool: Queryable, tenant: Tenant, accountId: AccountId) {
  await shareProjections(client, ['balances']);
  await shareAccount(client, { tenant, accountId });
  // Statements after the locks: their snapshots see what the locks' last holders committed.
  const row = await readRow(client, tenant, accountId);
  return row ?? readFromHead(pool, tenant, accountId);
}

async function readRow(
  db: Queryable,
  tenant: Tenant,
  accountId: AccountId,
): Promise<AccountView | undefined> {
  const { rows } = await db.query<BalanceRow>({
    name: 'read-account',
    text: `select b.tenant, b.account_id, b.owner_id, b.name, b.currency, b.status, b.balance_minor, b.held_minor,
             b.overdraft_limit_minor, b.limits, b.holds, b.outgoing, b.metadata, b.version, b.position, b.created_at, b.as_of
           from projections p
           join balances b on b.generation = p.live_generation
           where p.name = 'balances' and b.tenant = $1 and b.account_id = $2`,
    values: [tenant, accountId],
  });
  return rows[0] && toView(rows[0]);
}

async function readFromHead(
  pool: Queryable,
  tenant: Tenant,
  accountId: AccountId,
): Promise<AccountView | undefined> {
  const head = await readHead(pool, tenant, accountStream(accountId));
  if (head === undefined || !('balanceMinor' in head.state)) return undefined;
  return {
    account: head.state,
    version: head.version,
    position: null,
    createdAt: head.createdAt,
    asOf: head.updatedAt,
    source: 'head',
  };
}

function toView(row: BalanceRow): AccountView {
  return {
    account: toAccount(row),
    version: row.version,
    position: row.position,
    createdAt: row.created_at,
    asOf: row.as_of,
    source: 'row',
  };
}

/** The account's state that a balances row holds. Throws where the row is not what Remit writes. */
export function toAccount(row: BalanceRow): Account {
  return {
    status: row.status,
    accountId: row.account_id,
    ownerId: row.owner_id,
    name: row.name,
    currency: row.currency,
    balanceMinor: row.balance_minor,
    heldMinor: row.held_minor,
    overdraftLimitMinor: row.overdraft_limit_minor,
    ...decodeAccountParts({ limits: row.limits, holds: row.holds, outgoing: row.outgoing }),
    metadata: row.metadata,
  };
}
