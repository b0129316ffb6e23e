import { isDeepStrictEqual } from 'node:util';
import { entriesOf } from '../../domain/double-entry.ts';
import type { DomainEvent } from '../../domain/events.ts';
import type { JournalEntry } from '../projections/journal.ts';
import { toTransactions } from '../projections/transaction-rows.ts';
import type { TransactionRow } from '../projections/transactions.ts';
import type { Decoded } from './check-streams.ts';
import { findReadEntries, findTransactions } from './read-rows.ts';
import type { Snapshots } from './snapshots.ts';
import { accountOf } from './stream-kind.ts';

/**
 * Every event up to the watermark must be in the read tables: its transaction and its journal entries. Transfers' rows
 * are `checkTransfers`' part.
 */
export async function checkReadEvents(snapshots: Snapshots, page: readonly Decoded[]): Promise<void> {
  const due = page.filter(({ stored }) => stored.position !== null && stored.position <= snapshots.watermark);
  await checkTransactions(snapshots, due);
  await checkEntries(snapshots, due);
}

async function checkTransactions({ read, tenant, tally }: Snapshots, due: readonly Decoded[]): Promise<void> {
  const wanted = due.flatMap(transactionsOf);
  if (wanted.length === 0) return;
  const found = await findTransactions(read, tenant, wanted);
  for (const row of wanted) {
    const key = `${row.accountId}/${row.version}`;
    tally.expect('read-tables-equal-folds', isDeepStrictEqual(found.get(key), row), () => {
      return `transactions row ${key} is missing or differs from its event`;
    });
  }
}

/** What the projection makes of an event in an account's stream. */
function transactionsOf({ stored, event }: Decoded): TransactionRow[] {
  if (event === null || stored.position === null || accountOf(stored.streamId) === null) return [];
  return toTransactions({ event: { ...stored, position: stored.position }, fact: event });
}

/** A money event's entries, in their order; an event that moves no money has none (`checkStrays` sees to that). */
async function checkEntries({ read, tenant, tally }: Snapshots, due: readonly Decoded[]): Promise<void> {
  const wanted = due.flatMap(({ stored, event }) => {
    const entries = event === null ? [] : journalOf(stored, event);
    return entries.length === 0 ? [] : [{ streamId: stored.streamId, version: stored.version, entries }];
  });
  if (wanted.length === 0) return;
  const found = await findReadEntries(read, tenant, wanted);
  for (const { streamId, version, entries } of wanted) {
    const equal = isDeepStrictEqual(found.get(`${streamId}/${version}`), entries);
    tally.expect('read-tables-equal-folds', equal, () => {
      return `journal_entries row ${streamId}/${version} is missing or differs from its event`;
    });
  }
}

/** An event's entries as the journal has them; a transfer's own event is in no account's stream. */
function journalOf(stored: Decoded['stored'], event: DomainEvent): JournalEntry[] {
  const { tenant, streamId, version, position, occurredAt } = stored;
  if (position === null) return [];
  return entriesOf(event, accountOf(streamId) ?? '').map((sides, entry) => {
    return { tenant, streamId, version, entry, position, occurredAt, ...sides };
  });
}
