import { PROJECTION_NAMES } from '../projector/projections.ts';
import { figure, type Line } from './lines.ts';
import type { Plan } from './plan.ts';

/** What a run must come to. Ratios are of figures of the same run, for no two machines are alike. */
export type Target = {
  readonly name: string;
  /** The line whose processor time tells the bottleneck. */
  readonly line: string;
  readonly wanted: { readonly atLeast: number } | { readonly atMost: number };
  /** Ratios are kept from run to run and must not drop; the rest depends on the machine. */
  readonly unit: 'ratio' | 'ms' | '%';
  readonly measure: (lines: readonly Line[]) => number;
};

export type Verdict = {
  readonly name: string;
  readonly line: string;
  readonly unit: Target['unit'];
  readonly wanted: Target['wanted'];
  readonly measured: number;
  readonly met: boolean;
  /** Of a target that was missed: the process with the most processor time in its line, and its share of it. */
  readonly bottleneck: string | null;
};

const ratio = (
  name: string,
  line: string,
  wanted: Target['wanted'],
  [over, under]: readonly [Place, Place],
): Target => ({
  ...{ name, line, wanted, unit: 'ratio' },
  measure: (lines) => figure(lines, ...over) / figure(lines, ...under),
});

/** A line and the label of its figure. */
type Place = readonly [line: string, label: string];

/** The targets; those about a long history are about the longest of the plan. */
export function targetsOf({ histories }: Plan): readonly Target[] {
  const [short, long] = [`g.${Math.min(...histories)}`, `g.${Math.max(...histories)}`];
  const rate = (line: string): Place => [line, ''];
  return [
    ratio("below the stock sample's p50", 'a.adaptive.1', { atLeast: 8 }, [
      ['b.stock.1', 'p50'],
      ['a.adaptive.1', 'p50'],
    ]),
    ratio("below the tuned sample's p50", 'a.adaptive.1', { atLeast: 2 }, [
      ['b.tuned.1', 'p50'],
      ['a.adaptive.1', 'p50'],
    ]),
    ...[16, 64, 128].map((callers, at) =>
      ratio('of the stock sample at 16', `a.adaptive.${callers}`, { atLeast: [8, 32, 50][at]! }, [
        rate(`a.adaptive.${callers}`),
        rate('b.stock.16'),
      ]),
    ),
    {
      ...{ name: 'p99', line: 'a.adaptive.64', wanted: { atMost: 200 }, unit: 'ms' },
      measure: (lines) => figure(lines, 'a.adaptive.64', 'p99'),
    },
    ratio('of the stock sample', 'a.never.16', { atLeast: 3 }, [rate('a.never.16'), rate('b.stock.16')]),
    ratio('of the tuned sample', 'a.never.16', { atLeast: 2 }, [rate('a.never.16'), rate('b.tuned.16')]),
    ratio('final, of the ceiling', 'c.10000', { atLeast: 0.4 }, [['c.10000', 'final'], rate('h.batches')]),
    ratio('projected, of the ceiling', 'c.10000', { atLeast: 0.25 }, [
      ['c.10000', 'projected'],
      rate('h.batches'),
    ]),
    ...[16, 64].map((callers) =>
      ratio('of the spread-out rate', `d.${callers}`, { atLeast: 0.5 }, [
        rate(`d.${callers}`),
        rate(`a.adaptive.${callers}`),
      ]),
    ),
    ratio('final, of the spread-out rate', 'd.batch', { atLeast: 0.5 }, [
      ['d.batch', 'final'],
      ['c.10000', 'final'],
    ]),
    {
      ...{ name: 'lag p99', line: 'e.lag', wanted: { atMost: 250 }, unit: 'ms' },
      measure: (lines) => figure(lines, 'e.lag', 'lag p99'),
    },
    ...PROJECTION_NAMES.map((name) =>
      ratio('events/s of the ceiling', `f.${name}`, { atLeast: 2 }, [
        [`f.${name}`, 'events'],
        rate('h.rebuilds'),
      ]),
    ),
    ...['deposit p50', 'decision p50'].map((label) =>
      ratio(`of the ${label} at 10`, long, { atMost: 1.2 }, [
        [long, label],
        [short, label],
      ]),
    ),
    {
      ...{ name: 'the whole stack', line: 'j', wanted: { atMost: 15 }, unit: '%' },
      measure: (lines) => figure(lines, 'j', 'all'),
    },
  ];
}

/** Compares what was measured with what is wanted. */
export function judge(targets: readonly Target[], lines: readonly Line[]): Verdict[] {
  return targets.map(({ measure, ...target }) => {
    const measured = measure(lines);
    const { wanted } = target;
    const met = 'atLeast' in wanted ? measured >= wanted.atLeast : measured <= wanted.atMost;
    return { ...target, measured, met, bottleneck: met ? null : bottleneckOf(lines, target.line) };
  });
}

function bottleneckOf(lines: readonly Line[], id: string): string {
  const used = Object.entries(lines.find((line) => line.id === id)?.cpuEachMs ?? {});
  const total = used.reduce((sum, [, ms]) => sum + ms, 0);
  const most = used.toSorted(([, a], [, b]) => b - a)[0];
  if (most === undefined || total === 0) return 'no processor time was measured';
  return `${most[0]}, ${Math.round((most[1] / total) * 100)} % of the processor time`;
}
