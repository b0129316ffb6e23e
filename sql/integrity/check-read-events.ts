import { changeOf, type Entry, entriesOf, isMoneyEvent } from '../../domain/double-entry.ts';
import { parseStream } from '../../domain/ids.ts';
import { legsOf } from './check-legs.ts';
import type { Decoded } from './check-streams.ts';
import { findReadEntries, findReadLegs, findReadTransactions } from './read-rows.ts';
import type { Snapshots } from './snapshots.ts';

/** Every event up to the watermark must be in the read tables: its transaction, its journal entries and its leg. */
export async function checkReadEvents(snapshots: Snapshots, page: readonly Decoded[]): Promise<void> {
  const due = page.filter(({ stored }) => stored.position !== null && stored.position <= snapshots.watermark);
  await checkTransactions(snapshots, due);
  await checkEntries(snapshots, due);
  await checkLegRows(snapshots, due);
}

async function checkTransactions({ read, tenant, tally }: Snapshots, due: readonly Decoded[]): Promise<void> {
  const moves = due.flatMap(({ stored, event }) => {
    if (event === null || !isMoneyEvent(event)) return [];
    const { balanceMinor } = event.data;
    return [{ accountId: accountOf(stored), version: stored.version, balanceMinor, ...changeOf(event) }];
  });
  if (moves.length === 0) return;
  const rows = await findReadTransactions(read, tenant, moves);
  for (const { accountId, version, changeMinor, currency, balanceMinor } of moves) {
    const row = rows.get(`${accountId}/${version}`);
    const equal =
      row?.amountMinor === changeMinor && row.currency === currency && row.closingMinor === balanceMinor;
    tally.expect('read-tables-equal-folds', equal, () => {
      return `transactions row ${accountId}/${version} is missing or differs from its event`;
    });
  }
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

async function checkLegRows({ read, tenant, tally }: Snapshots, due: readonly Decoded[]): Promise<void> {
  const legs = legsOf(due);
  if (legs.length === 0) return;
  const rows = await findReadLegs(read, tenant, [...new Set(legs.map((leg) => leg.transferId))]);
  for (const { leg, transferId, version, amountMinor } of legs) {
    const row = rows.get(transferId);
    const equal = row !== undefined && row[leg] === version && row.amountMinor === amountMinor;
    tally.expect('read-tables-equal-folds', equal, () => {
      return `transfers row ${transferId} is missing or differs from its ${leg}`;
    });
  }
}

/** Whose stream it is; a transfer's own is nobody's. */
function accountOf({ streamId }: Decoded['stored']): string {
  const stream = parseStream(streamId);
  return stream.kind === 'account' ? stream.accountId : '';
}
