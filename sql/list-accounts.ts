import type { Account, AccountStatus } from '../domain/account.ts';
import type { Tenant } from '../domain/ids.ts';
import type { Queryable } from '../platform/postgres.ts';
import { type BalanceRow, toAccount } from './read-account.ts';

/** An account in the read table, at the version and position that were applied last. */
export type ListedAccount = {
  readonly account: Account;
  readonly version: number;
  readonly position: bigint;
  readonly asOf: string;
  readonly createdAt: string;
};

export type AccountFilter = {
  readonly ownerId: string | null;
  readonly status: AccountStatus | null;
  readonly currency: string | null;
};

/** A page of the accounts by id; `after` is the last id of the page before. */
export async function listAccounts(
  db: Queryable,
  tenant: Tenant,
  filter: AccountFilter,
  page: { limit: number; after: string | null },
): Promise<ListedAccount[]> {
  const { rows } = await db.query<BalanceRow>({
    name: 'list-accounts',
    text: `select tenant, account_id, owner_id, name, currency, status, balance_minor, held_minor, overdraft_limit_minor,
             limits, holds, outgoing, metadata, version, position, created_at, as_of
           from balances
           where generation = (select live_generation from projections where name = 'balances')
             and tenant = $1
             and ($2::text is null or owner_id = $2)
             and ($3::text is null or status = $3)
             and ($4::text is null or currency = $4)
             and ($5::text is null or account_id > $5)
           order by account_id
           limit $6`,
    values: [tenant, filter.ownerId, filter.status, filter.currency, page.after, page.limit],
  });
  return rows.map(toListed);
}

function toListed(row: BalanceRow): ListedAccount {
  return {
    account: toAccount(row),
    version: row.version,
    position: row.position,
    asOf: row.as_of,
    createdAt: row.created_at,
  };
}
