import type { Queryable } from '../../platform/postgres.ts';

/** One balanced entry: the amount leaves the debit account and reaches the credit account. */
export type JournalEntry = {
  readonly tenant: string;
  readonly streamId: string;
  readonly version: number;
  /** Which of the event's entries: 0, 1, ... */
  readonly entry: number;
  readonly debitAccount: string;
  readonly creditAccount: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly position: bigint;
  readonly occurredAt: string;
};

/**
 * Writes entries and adds them to the totals of this partition (-1: a heal or a rebuild). Only entries that
 * were not there yet are added, so that writing one twice changes nothing.
 */
export async function insertEntries(
  db: Queryable,
  generation: number,
  partition: number,
  entries: readonly JournalEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  await db.query({
    name: 'insert-journal-entries',
    text: `with entered as (
             insert into journal_entries (generation, tenant, stream_id, version, entry, debit_account, credit_account,
               amount_minor, currency, position, occurred_at)
             select $1, u.*
             from unnest($3::text[], $4::text[], $5::int[], $6::smallint[], $7::text[], $8::text[], $9::bigint[],
               $10::text[], $11::bigint[], $12::timestamptz[]) as u (tenant, stream_id, version, entry)
             order by u.tenant collate "C", u.stream_id collate "C", u.version, u.entry
             on conflict do nothing
             returning tenant, currency, debit_account, credit_account, amount_minor
           ), sums as (
             select tenant, currency, account, sum(debits) as debits, sum(credits) as credits
             from (
               select tenant, currency, debit_account as account, amount_minor as debits, 0 as credits from entered
               union all
               select tenant, currency, credit_account, 0, amount_minor from entered
             ) as sides
             group by tenant, currency, account
             order by tenant collate "C", currency, account collate "C"
           )
           insert into journal_totals as t (generation, tenant, currency, account, partition, debits_minor, credits_minor)
           select $1, tenant, currency, account, $2, debits, credits from sums
           on conflict (generation, tenant, currency, account, partition) do update
             set debits_minor = t.debits_minor + excluded.debits_minor,
               credits_minor = t.credits_minor + excluded.credits_minor`,
    values: [
      generation,
      partition,
      entries.map((entry) => entry.tenant),
      entries.map((entry) => entry.streamId),
      entries.map((entry) => entry.version),
      entries.map((entry) => entry.entry),
      entries.map((entry) => entry.debitAccount),
      entries.map((entry) => entry.creditAccount),
      entries.map((entry) => entry.amountMinor),
      entries.map((entry) => entry.currency),
      entries.map((entry) => entry.position),
      entries.map((entry) => entry.occurredAt),
    ],
  });
}
