import { isDeepStrictEqual } from 'node:util';
import { type Entry, entriesOf } from '../../domain/double-entry.ts';
import { parseStream } from '../../domain/ids.ts';
import { toTransactions } from '../projections/transaction-rows.ts';
import type { TransactionRow } from '../projections/transactions.ts';
import type { Decoded } from './check-streams.ts';
import { findReadEntries, findTransactions } from './read-rows.ts';
import type { Snapshots } from './snapshots.ts';

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
  if (event === null || stored.position === null || parseStream(stored.streamId).kind !== 'account')
    return [];
  return toTransactions({ event: { ...stored, position: stored.position }, fact: event });
}

/** A money event's entries, in their order; an event that moves no money has none (`checkStrays` sees to that). */
async function checkEntries({ read, tenant, tally }: Snapshots, due: readonly Decoded[]): Promise<void> {
  const wanted = due.flatMap(({ stored, event }) => {
    const entries = event === null ? [] : entriesOf(event, accountOf(stored));
    return entries.length === 0 ? [] : [{ streamId: stored.streamId, version: stored.version, entries }];
  });
  if (wanted.length === 0) return;
  const found = await findReadEntries(read, tenant, wanted);
  for (const { streamId, version, entries } of wanted) {
    const equal = describe(found.get(`${streamId}/${version}`) ?? []) === describe(entries);
    tally.expect('read-tables-equal-folds', equal, () => {
      return `journal_entries row ${streamId}/${version} is missing or differs from its event`;
    });
  }
}

function describe(entries: readonly Entry[]): string {
  return entries
    .map(({ debitAccount, creditAccount, amountMinor, currency }) =>
      [debitAccount, creditAccount, amountMinor, currency].join(' '),
    )
    .join();
}

/** Whose stream it is; a transfer's own is nobody's. */
function accountOf({ streamId }: Decoded['stored']): string {
  const stream = parseStream(streamId);
  return stream.kind === 'account' ? stream.accountId : '';
}
