/** What a duration is written like: a whole number and its unit, `90s`, `15m`, `24h`, `7d`. */
export const DURATION_PATTERN = /^([1-9][0-9]{0,8})([smhd])$/;

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Ten years: nothing of Remit's waits longer, and calendars of Temporal go further. */
const LONGEST_MS = 3_650 * UNIT_MS.d;

/** Milliseconds of a duration such as `15m`; undefined where it is none, or longer than ten years. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = DURATION_PATTERN.exec(text) ?? [];
  if (count === undefined || unit === undefined) return undefined;
  const ms = Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  return ms <= LONGEST_MS ? ms : undefined;
}
