import { wrongField } from '../problem.ts';

/** No request is held longer than this, whatever it prefers. */
const MAX_WAIT_SECONDS = 30;

export type Preference = {
  readonly waitMs: number;
  /** What `Preference-Applied` says, or null where nothing was preferred. */
  readonly applied: string | null;
};

/**
 * Reads `Prefer` (RFC 7240): `wait=N` seconds, at most 30, or `respond-async` for no wait. The first of a kind
 * counts, `wait` before `respond-async`; other preferences are ignored, as the RFC demands.
 * @throws Problem `validation` where `wait` is not a whole number of seconds
 */
export function parsePrefer(header: string | undefined, defaultMs: number): Preference {
  const preferences = (header ?? '').split(',').map((part) => part.split(';', 1)[0]?.trim() ?? '');
  const wait = preferences.find((preference) => /^wait(\s*=|$)/i.test(preference));
  if (wait !== undefined) return waiting(wait);
  if (preferences.some((preference) => /^respond-async$/i.test(preference))) {
    return { waitMs: 0, applied: 'respond-async' };
  }
  return { waitMs: defaultMs, applied: null };
}

function waiting(preference: string): Preference {
  const match = /^wait\s*=\s*(?:"([0-9]{1,9})"|([0-9]{1,9}))$/i.exec(preference);
  if (match === null) throw wrongField('/header/Prefer', 'wait must be whole seconds, such as "wait=5"');
  const seconds = Math.min(Number(match[1] ?? match[2]), MAX_WAIT_SECONDS);
  return { waitMs: seconds * 1000, applied: `wait=${seconds}` };
}
