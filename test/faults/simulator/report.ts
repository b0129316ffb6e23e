import type { Outcome } from './simulation.ts';

export type Totals = {
  seeds: number;
  failed: number;
  readonly faults: Map<string, number>;
  readonly ends: Map<string, number>;
};

/** Ends that must be seen among many runs: what never ends so is not tested. */
const ENDS = [
  'transfer completed',
  'transfer rejected',
  'transfer refunded',
  'transfer parked',
  'transfer settled',
  'deposit completed',
  'withdraw completed',
  'withdraw refused',
  'close completed',
  'close refused',
  'transferBatch completed',
  'cancel completed',
  'resolve completed',
] as const;

export function createTotals(): Totals {
  return { seeds: 0, failed: 0, faults: new Map(), ends: new Map() };
}

export function addOutcome(
  totals: Totals,
  { violations, counts, ends }: Pick<Outcome, 'violations' | 'counts' | 'ends'>,
): void {
  totals.seeds += 1;
  if (violations.length > 0) totals.failed += 1;
  for (const [kind, times] of counts) totals.faults.set(kind, (totals.faults.get(kind) ?? 0) + times);
  for (const [end, times] of ends) totals.ends.set(end, (totals.ends.get(end) ?? 0) + times);
}

/** One line for the end of a run of many seeds. */
export function describeTotals({ seeds, failed, faults, ends }: Totals, seconds: number): string {
  return `${seeds} seeds, ${failed} failed, in ${seconds} s; faults: ${told(faults)}; ends: ${told(ends)}`;
}

/** What a run of many seeds came to, for docs/RELIABILITY.md. */
export function toMarkdown(
  { seeds, failed, faults, ends }: Totals,
  { first, seconds, workers }: { first: number; seconds: number; workers: number },
): string {
  const range = `Seeds ${first} to ${first + seeds - 1} in ${Math.ceil(seconds / 60)} minutes, ${workers} at once: ${failed} failed.`;
  const rows = (counts: ReadonlyMap<string, number>) =>
    sorted(counts).map(([what, times]) => `| ${what} | ${times} |`);
  const table = (name: string, counts: ReadonlyMap<string, number>) =>
    [`| ${name} | times |`, '|---|---:|', ...rows(counts)].join('\n');
  return [range, table('fault', faults), table('end', ends)].join('\n\n');
}

/** What should have been seen and was not. */
export function missingFrom({ faults, ends }: Totals, kinds: readonly string[]): string[] {
  return [...kinds.filter((kind) => !faults.has(kind)), ...ENDS.filter((end) => !ends.has(end))];
}

/** What was broken, by which run, and how to see it again. */
export function printFailure({ plan, violations, operations, faults }: Outcome): void {
  for (const violation of violations) console.log(`seed ${plan.seed} broke ${violation}`);
  console.log(`with ${operations.length} operations and ${faults.length} faults; again with:`);
  const only = [`--operations ${operations.join()}`, `--faults ${faults.length === 0 ? ',' : faults.join()}`];
  console.log(`npm run simulate -- --seed ${plan.seed} ${only.join(' ')}`);
}

function told(counts: ReadonlyMap<string, number>): string {
  return sorted(counts)
    .map(([what, times]) => `${times} ${what}`)
    .join(', ');
}

function sorted(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].sort(([a], [b]) => a.localeCompare(b));
}
