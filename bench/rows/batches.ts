import { type BatchTimes, runBatches } from '../batch.ts';
import type { Ground } from '../ground.ts';
import { type Line, perSecond } from '../lines.ts';
import type { Plan } from '../plan.ts';

const SIZES = [100, 1_000, 10_000];

/** Row c: batches of three sizes, 5 % of whose transfers are refused. */
export async function batches(ground: Ground, accounts: readonly string[], plan: Plan): Promise<Line[]> {
  const lines: Line[] = [];
  for (const size of SIZES) {
    const times = await runBatches(ground, { size, accounts }, plan.batchRuns);
    lines.push(lineOfBatch(`c.${size}`, `a batch of ${size.toLocaleString('en-US')}`, size, times));
  }
  return lines;
}

/** The line of a batch: transfers in a second until each stage, all counted from the request. */
export function lineOfBatch(id: string, what: string, size: number, times: BatchTimes): Line {
  const rate = (ms: number) => (size / ms) * 1_000;
  const figures = [
    perSecond('accepted', rate(times.acceptedMs)),
    perSecond('final', rate(times.finalMs)),
    perSecond('projected', rate(times.projectedMs)),
  ];
  return { id, what, figures, cpuEachMs: times.cpuEachMs };
}
