import type { Account } from '../../domain/account.ts';
import { toWire } from '../../domain/wire.ts';
import type { Queryable } from '../../platform/postgres.ts';
import { type BalanceRow, toAccount } from '../read-account.ts';
import type { AccountKey } from '../read-locks.ts';

/** An account's state after an event, as the balances table keeps it. */
export type Balance = {
  readonly tenant: string;
  readonly account: Account;
  readonly version: number;
  readonly position: bigint;
  readonly createdAt: string;
  readonly asOf: string;
};

/** The rows of these accounts in a generation, locked, by `<tenant>/<accountId>`. */
export async function lockBalances(
  db: Queryable,
  generation: number,
  accounts: readonly AccountKey[],
): Promise<Map<string, Balance>> {
  const { rows } = await db.query<BalanceRow>({
    name: 'lock-balances',
    text: `select b.tenant, b.account_id, b.owner_id, b.name, b.currency, b.status, b.balance_minor, b.held_minor,
             b.overdraft_limit_minor, b.limits, b.holds, b.outgoing, b.metadata, b.version, b.position,
             b.created_at, b.as_of
           from balances b
           join unnest($2::text[], $3::text[]) as k (tenant, account_id) using (tenant, account_id)
           where b.generation = $1
           order by b.tenant collate "C", b.account_id collate "C"
           for update of b`,
    values: [generation, accounts.map((key) => key.tenant), accounts.map((key) => key.accountId)],
  });
  return new Map(rows.map((row) => [`${row.tenant}/${row.account_id}`, toBalance(row)]));
}

function toBalance(row: BalanceRow): Balance {
  return {
    tenant: row.tenant,
    account: toAccount(row),
    version: row.version,
    position: row.position,
    createdAt: row.created_at,
    asOf: row.as_of,
  };
}

/** Writes accounts' rows, each column from the folded state: what was there before does not matter. */
export async function upsertBalances(
  db: Queryable,
  generation: number,
  balances: readonly Balance[],
): Promise<void> {
  if (balances.length === 0) return;
  await db.query({
    name: 'upsert-balances',
    text: `insert into balances (generation, tenant, account_id, owner_id, name, currency, status, balance_minor,
             held_minor, overdraft_limit_minor, limits, holds, outgoing, metadata, version, position, created_at, as_of)
           select $1, u.tenant, u.account_id, u.owner_id, u.name, u.currency, u.status, u.balance_minor, u.held_minor,
             u.overdraft_limit_minor, u.limits, u.holds, nullif(u.outgoing, 'null'), u.metadata, u.version, u.position,
             u.created_at, u.as_of
           from rows from (
               unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
                 $9::bigint[], $10::bigint[], $15::int[], $16::bigint[], $17::timestamptz[], $18::timestamptz[]),
               jsonb_array_elements($11), jsonb_array_elements($12), jsonb_array_elements($13), jsonb_array_elements($14)
             ) as u (tenant, account_id, owner_id, name, currency, status, balance_minor, held_minor,
               overdraft_limit_minor, version, position, created_at, as_of, limits, holds, outgoing, metadata)
           order by u.tenant collate "C", u.account_id collate "C"
           on conflict (generation, tenant, account_id) do update
             set owner_id = excluded.owner_id, name = excluded.name, currency = excluded.currency,
               status = excluded.status, balance_minor = excluded.balance_minor, held_minor = excluded.held_minor,
               overdraft_limit_minor = excluded.overdraft_limit_minor, limits = excluded.limits,
               holds = excluded.holds, outgoing = excluded.outgoing, metadata = excluded.metadata,
               version = excluded.version, position = excluded.position, created_at = excluded.created_at,
               as_of = excluded.as_of`,
    values: [
      generation,
      balances.map((row) => row.tenant),
      balances.map((row) => row.account.accountId),
      balances.map((row) => row.account.ownerId),
      balances.map((row) => row.account.name),
      balances.map((row) => row.account.currency),
      balances.map((row) => row.account.status),
      balances.map((row) => row.account.balanceMinor),
      balances.map((row) => row.account.heldMinor),
      balances.map((row) => row.account.overdraftLimitMinor),
      JSON.stringify(balances.map((row) => toWire(row.account.limits))),
      JSON.stringify(balances.map((row) => toWire(row.account.holds))),
      JSON.stringify(balances.map((row) => row.account.outgoing && toWire(row.account.outgoing))),
      JSON.stringify(balances.map((row) => row.account.metadata)),
      balances.map((row) => row.version),
      balances.map((row) => row.position),
      balances.map((row) => row.createdAt),
      balances.map((row) => row.asOf),
    ],
  });
}
