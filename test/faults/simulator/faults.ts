import { type Chance, numberOf } from './chance.ts';

/** Every kind of fault that a run may meet. */
export const FAULT_KINDS = [
  'crash before commit',
  'crash after commit',
  'commit seen late',
  'attempt died',
  'zombie attempt',
  'step starved to its deadline',
  'replies lost to the deadline',
  'worker killed',
  'workflow cancelled',
  'workflow terminated',
  'Temporal wiped',
  'Temporal away',
  'Postgres away',
  'read tables away',
  'request repeated',
  'API killed while it answers',
  'lead lost unnoticed',
  'projector killed',
  'send failed',
  'acknowledgement lost',
  'message duplicated',
  'message delayed behind later ones',
  'garbage sent',
  'rebalance',
  'offsets lost',
  'crash before offsets',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** What goes wrong in one run. */
export type Faults = {
  /** Whether this fault happens at this place, and counts it. Asked once for each place. */
  hits(kind: FaultKind, place: string, probability: number): boolean;
  /** The same for one that may find nothing to befall: `count` it where it does. */
  strikes(kind: FaultKind, place: string, probability: number): boolean;
  count(kind: FaultKind): void;
  /** From now on nothing goes wrong any more. */
  heal(): void;
  readonly healed: () => boolean;
  readonly counts: Map<FaultKind, number>;
  /** Short names of those that happened, in order. */
  readonly happened: readonly string[];
};

/** `only`: the short names of the faults that may happen; all others do not. */
export function createFaults(chance: Chance, only: ReadonlySet<string> | null): Faults {
  const counts = new Map<FaultKind, number>();
  const happened: string[] = [];
  let healed = false;
  const count = (kind: FaultKind) => counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const strikes = (kind: FaultKind, place: string, probability: number) => {
    if (healed || chance.fraction(`${kind}/${place}`) >= probability) return false;
    const name = numberOf(`${kind}/${place}`).toString(36);
    if (only !== null && !only.has(name)) return false;
    happened.push(name);
    return true;
  };
  return {
    hits(kind, place, probability) {
      const strike = strikes(kind, place, probability);
      if (strike) count(kind);
      return strike;
    },
    strikes,
    count,
    heal() {
      healed = true;
    },
    healed: () => healed,
    counts,
    happened,
  };
}
