import { legsOf } from './check-legs.ts';
import type { Decoded } from './check-streams.ts';
import { findReadEvents, findReadLegs } from './read-rows.ts';
import type { Snapshots } from './snapshots.ts';

/** Every money event up to the watermark must be a transaction, a journal entry and, of a transfer, a leg. */
export async function checkReadEvents(snapshots: Snapshots, page: readonly Decoded[]): Promise<void> {
  const due = page.filter(({ stored }) => stored.position !== null && stored.position <= snapshots.watermark);
  await checkMoney(snapshots, due);
  await checkLegRows(snapshots, due);
}

async function checkMoney({ read, tenant, tally }: Snapshots, due: readonly Decoded[]): Promise<void> {
  const moves = due.flatMap(({ stored, event }) => {
    if (event === null || !('balanceMinor' in event.data)) return [];
    const { amountMinor, balanceMinor } = event.data;
    const accountId = stored.streamId.replace(/^account-/, '');
    return [{ accountId, version: stored.version, amountMinor, balanceMinor }];
  });
  if (moves.length === 0) return;
  const rows = await findReadEvents(read, tenant, moves);
  for (const { accountId, version, amountMinor, balanceMinor } of moves) {
    const row = rows.get(`${accountId}/${version}`);
    const transaction = row?.closingMinor === balanceMinor && absolute(row.transactionMinor) === amountMinor;
    tally.expect('read-tables-equal-folds', transaction, () => {
      return `transactions row ${accountId}/${version} is missing or differs from its event`;
    });
    tally.expect('read-tables-equal-folds', row?.journalMinor === amountMinor, () => {
      return `journal_entries row account-${accountId}/${version} is missing or differs from its event`;
    });
  }
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

function absolute(minor: bigint | null): bigint | null {
  return minor !== null && minor < 0n ? -minor : minor;
}
