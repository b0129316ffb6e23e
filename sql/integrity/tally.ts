/** The checks, in the order in which they are told. */
export const CHECK_NAMES = [
  'versions-gapless',
  'hash-chains',
  'heads-equal-folds',
  'balances-within-limits',
  'legs-pair-up',
  'outcomes-equal-events',
  'transit-equals-in-flight',
  'suspense-equals-parked',
  'trial-balance-zero',
  'log-gapless',
  'read-tables-equal-folds',
] as const;

export type CheckName = (typeof CHECK_NAMES)[number];

export type Check = {
  readonly name: CheckName;
  readonly ok: boolean;
  /** How many rows or streams were looked at. */
  readonly checked: number;
  /** Names the first row that is wrong, and what is wrong with it. */
  readonly firstViolation: string | null;
};

/** Counts what was looked at, and keeps the first violation of each check. */
export type Tally = {
  /** Looks at one thing; `violation` is made only where it does not hold. */
  expect(name: CheckName, holds: boolean, violation: () => string): void;
  result(): Check[];
};

/** The same tally, whose violations say of which tenant they are. */
export function tallyOf(tally: Tally, tenant: string): Tally {
  return {
    expect: (name, holds, violation) => tally.expect(name, holds, () => `tenant ${tenant}: ${violation()}`),
    result: () => tally.result(),
  };
}

/** An empty tally. */
export function createTally(): Tally {
  const checked = new Map<CheckName, number>();
  const violations = new Map<CheckName, string>();
  return {
    expect(name, holds, violation) {
      checked.set(name, (checked.get(name) ?? 0) + 1);
      if (!holds && !violations.has(name)) violations.set(name, violation());
    },
    result: () =>
      CHECK_NAMES.map((name) => ({
        name,
        ok: !violations.has(name),
        checked: checked.get(name) ?? 0,
        firstViolation: violations.get(name) ?? null,
      })),
  };
}
