import type { Pool, PoolClient, Queryable } from '../platform/postgres.ts';
import { inTransaction } from './transaction.ts';

/** Sums of one account of the journal, customer's or system's. Its balance is credits - debits. */
export type TrialBalanceRow = {
  readonly tenant: string;
  readonly currency: string;
  readonly account: string;
  readonly debitsMinor: bigint;
  readonly creditsMinor: bigint;
};

export type TrialBalance = {
  /** Every event up to this log position is in the sums, and none after it. */
  readonly position: bigint;
  readonly rows: readonly TrialBalanceRow[];
};

type Row = { tenant: string; currency: string; account: string; debits: string; credits: string };

/**
 * The trial balance at the journal's position, of one tenant or (null) of all. Per tenant and currency the
 * debits equal the credits: each entry is in both. One snapshot; costs the accounts, not the history.
 */
export function readTrialBalance(readPool: Pool, tenant: string | null): Promise<TrialBalance> {
  return inSnapshot(readPool, async (client) => {
    const position = await readPosition(client);
    return { position, rows: await readSums(client, position, tenant) };
  });
}

/**
 * The trial balance as it was at a log position: running totals less what came after, so that it costs the entries
 * since then. Undefined while the journal has not passed that position. The same whenever it is asked, but for events
 * that lie in the dead letters: they are missing from it until they are replayed.
 */
export function readTrialBalanceAt(
  readPool: Pool,
  tenant: string,
  position: bigint,
): Promise<TrialBalance | undefined> {
  return inSnapshot(readPool, async (client) => {
    if (position > (await readPosition(client))) return undefined;
    return { position, rows: await readSums(client, position, tenant) };
  });
}

function inSnapshot<T>(readPool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return inTransaction(readPool, work, 'begin isolation level repeatable read read only');
}

async function readPosition(db: Queryable): Promise<bigint> {
  const { rows } = await db.query<{ position: bigint }>({
    name: 'read-journal-position',
    text: `select position from projections where name = 'journal'`,
  });
  if (rows[0] === undefined) throw new Error('there is no journal projection: run the migrations');
  return rows[0].position;
}

/** Running totals, less what was applied beyond the position (partitions do not advance together). */
async function readSums(db: Queryable, position: bigint, tenant: string | null): Promise<TrialBalanceRow[]> {
  const { rows } = await db.query<Row>({
    name: 'read-trial-balance',
    text: `with live as (select live_generation as generation from projections where name = 'journal'),
           beyond as (
             select j.* from live join journal_entries j using (generation)
             where j.position > $1 and ($2::text is null or j.tenant = $2)
           )
           select tenant, currency, account, sum(debits) as debits, sum(credits) as credits
           from (
             select t.tenant, t.currency, t.account, t.debits_minor as debits, t.credits_minor as credits
             from live join journal_totals t using (generation)
             where $2::text is null or t.tenant = $2
             union all
             select tenant, currency, debit_account, -amount_minor, 0 from beyond
             union all
             select tenant, currency, credit_account, 0, -amount_minor from beyond
           ) as sums
           group by tenant, currency, account
           having sum(debits) <> 0 or sum(credits) <> 0
           order by tenant collate "C", currency, account collate "C"`,
    values: [position, tenant],
  });
  return rows.map((row) => ({
    tenant: row.tenant,
    currency: row.currency,
    account: row.account,
    debitsMinor: BigInt(row.debits),
    creditsMinor: BigInt(row.credits),
  }));
}
