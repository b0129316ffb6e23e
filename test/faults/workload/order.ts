import { type Ledger, stateAt } from './model.ts';
import type { AccountRead } from './reads.ts';
import type { Tally } from './tally.ts';
import type { Windows } from './windows.ts';

/** What was seen to end before another thing was sent has the lower version on an account that both touched. */
export function checkRealTime({ entries }: Windows, tally: Tally): void {
  for (const [accountId, list] of entries) {
    let latest = { version: 0, sentAt: Number.NEGATIVE_INFINITY };
    for (const { version, sentAt, knownAt } of list) {
      tally.expect(latest.sentAt <= knownAt, () => {
        return `version ${version} of account ${accountId} had ended before version ${latest.version} was asked for`;
      });
      if (sentAt > latest.sentAt) latest = { version, sentAt };
    }
  }
}

/** A read tells the balance of its version, has what was asked for, and never goes back behind an earlier read. */
export function checkReads(
  reads: readonly AccountRead[],
  ledger: Ledger,
  windows: Windows,
  tally: Tally,
): void {
  for (const read of reads) {
    const { accountId, version, balanceMinor, heldMinor, minVersion, seenAt } = read;
    const state = stateAt(ledger, accountId, version);
    tally.expect(state?.balanceMinor === balanceMinor && state.heldMinor === heldMinor, () => {
      return `account ${accountId} was read with ${balanceMinor} (held ${heldMinor}) at version ${version}, where it had ${state?.balanceMinor} (held ${state?.heldMinor})`;
    });
    const isInTime = version >= minVersion && version <= windows.ceiling(accountId, seenAt);
    tally.expect(
      isInTime,
      () => `account ${accountId} was read at version ${version}, asked for ${minVersion} or later`,
    );
  }
  checkMonotonic(reads, tally);
}

/** One read table for all clients: whoever asks after an answer was seen gets that or something newer. */
function checkMonotonic(reads: readonly AccountRead[], tally: Tally): void {
  const bySent = [...reads].sort((one, other) => one.sentAt - other.sentAt);
  for (const read of bySent) {
    const newer = reads.find((earlier) => {
      return (
        earlier.accountId === read.accountId && earlier.seenAt < read.sentAt && earlier.version > read.version
      );
    });
    tally.expect(newer === undefined, () => {
      return `account ${read.accountId} was read at version ${read.version} after somebody had read version ${newer?.version}`;
    });
  }
}
