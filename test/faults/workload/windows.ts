import type { Asked } from './asked.ts';
import type { Effects } from './effects.ts';
import { accountOf, type Fact } from './history.ts';
import type { Observation } from './load.ts';
import { readAccountOf } from './reads.ts';

/** When each version of an account can have been decided, by what clients saw. */
export type Windows = {
  /** The highest version that was certainly there at an instant. */
  floor(accountId: string, at: number): number;
  /** The highest version that can have been there at an instant. */
  ceiling(accountId: string, at: number): number;
  /** Versions in the order of an account, each with its wish. */
  readonly entries: ReadonlyMap<string, readonly Entry[]>;
};

/** A version, when its wish was sent first, and when its end was seen first. */
type Entry = { readonly version: number; readonly sentAt: number; readonly knownAt: number };

/** Real time says something about order: what was seen before another thing was sent came before it. */
export function createWindows(
  asked: ReadonlyMap<string, Asked>,
  effectsOf: (id: string) => Effects,
  observations: readonly Observation[],
): Windows {
  const entries = new Map<string, Entry[]>();
  const add = (accountId: string | null, entry: Entry) => {
    if (accountId !== null) entries.set(accountId, [...(entries.get(accountId) ?? []), entry]);
  };
  for (const { id, sentAt, knownAt } of asked.values()) {
    for (const fact of moves(effectsOf(id))) add(accountOf(fact), { version: fact.version, sentAt, knownAt });
  }
  const seen = observations.map(readAccountOf).filter((read) => read !== null);
  for (const list of entries.values()) list.sort((one, other) => one.version - other.version);
  return {
    entries,
    floor: (accountId, at) => {
      const known = (entries.get(accountId) ?? []).filter(({ knownAt }) => knownAt < at);
      const read = seen.filter((one) => one.accountId === accountId && one.seenAt < at);
      return Math.max(0, ...known.map(({ version }) => version), ...read.map(({ version }) => version));
    },
    ceiling: (accountId, at) => {
      const later = (entries.get(accountId) ?? []).filter(({ sentAt }) => sentAt > at);
      return Math.min(Number.POSITIVE_INFINITY, ...later.map(({ version }) => version - 1));
    },
  };
}

function moves({ done, debits, credits, refunds }: Effects): readonly Fact[] {
  return [...done, ...debits, ...credits, ...refunds];
}
