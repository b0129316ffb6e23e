/** What left an account on one day (UTC, `2026-08-01`), in minor units: what a daily limit is measured by. */
export type DailyOutgoing = { readonly date: string; readonly amountMinor: bigint };

/** The day of an instant (ISO 8601, UTC). */
export function dayOf(instant: string): string {
  return instant.slice(0, 10);
}

/** What has left on the day of `at`; an older day does not count any more. */
export function outgoingOn(outgoing: DailyOutgoing | null, at: string): bigint {
  return outgoing !== null && outgoing.date >= dayOf(at) ? outgoing.amountMinor : 0n;
}

/** The day's sum after money left. The day never goes back, as clocks may: a limit could be passed by that. */
export function addOutgoing(outgoing: DailyOutgoing | null, at: string, amountMinor: bigint): DailyOutgoing {
  const day = dayOf(at);
  if (outgoing === null || outgoing.date < day) return { date: day, amountMinor };
  return { date: outgoing.date, amountMinor: outgoing.amountMinor + amountMinor };
}

/** The day's sum after money came back that had left at `leftAt`: on another day it changes nothing. */
export function giveBackOutgoing(
  outgoing: DailyOutgoing | null,
  leftAt: string | null,
  amountMinor: bigint,
): DailyOutgoing | null {
  if (outgoing === null || leftAt === null || outgoing.date !== dayOf(leftAt)) return outgoing;
  return { date: outgoing.date, amountMinor: outgoing.amountMinor - amountMinor };
}
