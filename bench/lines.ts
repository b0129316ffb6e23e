import type { CpuMs } from './cpu.ts';
import type { Measured } from './load/run-load.ts';

export type Unit = '/s' | 'ms' | '%' | 'MiB';
/** One number of a row, with what it is called: `final` `5,000` `/s`. */
export type Figure = { readonly label: string; readonly value: number; readonly unit: Unit };

/** One line of a row: what was measured, and what it came to. */
export type Line = {
  /** The row's letter (a to k), and what tells it from the row's others: `a.adaptive.16`. */
  readonly id: string;
  readonly what: string;
  readonly figures: readonly Figure[];
  /** Processor time by process, for each thing that was done. */
  readonly cpuEachMs?: CpuMs;
  /** What came to something else than what was wanted. */
  readonly failed?: Readonly<Record<string, number>>;
};

export const perSecond = (label: string, value: number): Figure => ({ label, value, unit: '/s' });
export const ms = (label: string, value: number): Figure => ({ label, value, unit: 'ms' });

/** The line of a load. */
export function lineOfLoad(id: string, what: string, measured: Measured): Line {
  const { done, seconds, p50Ms, p99Ms, cpuEachMs, failed } = measured;
  return {
    ...{ id, what, cpuEachMs, failed },
    figures: [perSecond('', done / seconds), ms('p50', p50Ms), ms('p99', p99Ms)],
  };
}

/** A line's number. @throws where nobody measured it */
export function figure(lines: readonly Line[], id: string, label: string): number {
  const found = lines.find((line) => line.id === id)?.figures.find((one) => one.label === label);
  if (found === undefined) throw new Error(`there is no figure ${label} of ${id}`);
  return found.value;
}

/** The middle one; of an even count halfway between the two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [lower, upper] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  if (lower === undefined || upper === undefined) throw new Error('nothing was measured');
  return (lower + upper) / 2;
}

/** Several runs of one load as one: rates over all windows, the middle one of their percentiles. */
export function mergeLoads(runs: readonly Measured[]): Measured {
  const sum = (of: (run: Measured) => number) => runs.reduce((total, run) => total + of(run), 0);
  const done = sum((run) => run.done);
  const names = Object.keys(runs[0]?.cpuEachMs ?? {});
  const cpuOf = (name: string) => sum((run) => (run.cpuEachMs[name] ?? 0) * run.done) / done;
  const failures = new Map<string, number>();
  for (const [why, count] of runs.flatMap(({ failed }) => Object.entries(failed)))
    failures.set(why, (failures.get(why) ?? 0) + count);
  return {
    done,
    failed: Object.fromEntries(failures),
    seconds: sum((run) => run.seconds),
    p50Ms: median(runs.map((run) => run.p50Ms)),
    p99Ms: median(runs.map((run) => run.p99Ms)),
    cpuMs: sum((run) => run.cpuMs),
    cpuEachMs: Object.fromEntries(names.map((name) => [name, cpuOf(name)])),
  };
}
