import { isFinal } from './asked.ts';
import type { History } from './history.ts';
import type { Observation, Verdict } from './load.ts';
import { createTally } from './tally.ts';

const FINAL_WITHIN_MS = 60_000;
const FINAL_STATUSES = ['completed', 'rejected', 'refunded', 'cancelled', 'needs_attention'];

/**
 * I3: every accepted command and every transfer is final, within a minute after the heal. `lookedAt` is when it was
 * looked, by the campaign's clock: within the minute no other clock is needed, and some faults move those of processes.
 */
export function judgeFinality(
  { commands, transferStatuses }: History,
  { healedAt, lookedAt }: { readonly healedAt: number; readonly lookedAt: number },
): Verdict {
  const tally = createTally('I3');
  const latest = healedAt + FINAL_WITHIN_MS;
  for (const { commandId, resourceId, status, finishedAtMs } of commands) {
    const isInTime = lookedAt <= latest || (finishedAtMs ?? Number.POSITIVE_INFINITY) <= latest;
    tally.expect(status !== 'accepted' && isInTime, () => {
      const late = finishedAtMs === null ? '' : ` since ${finishedAtMs - healedAt} ms after the heal`;
      return `command ${commandId} about ${resourceId} is ${status}${late}`;
    });
  }
  for (const [id, status] of transferStatuses) {
    if (status === null) continue;
    tally.expect(FINAL_STATUSES.includes(status), () => `transfer ${id} is ${status} and not final`);
  }
  return tally.verdict();
}

/** I8: all final answers under one key are the same, to the byte. */
export function judgeKeys(observations: readonly Observation[]): Verdict {
  const tally = createTally('I8');
  const first = new Map<string, Observation>();
  for (const seen of observations.filter(isFinal)) {
    if (seen.key === null) continue;
    const before = first.get(seen.key);
    first.set(seen.key, before ?? seen);
    if (before === undefined) continue;
    const isSame = before.answer?.status === seen.answer?.status && before.answer?.text === seen.answer?.text;
    tally.expect(isSame, () => {
      const [one, other] = [before.answer, seen.answer];
      return `key ${seen.key} was answered ${one?.status} ${one?.text} and then ${other?.status} ${other?.text}`;
    });
  }
  return tally.verdict();
}
