import { type BatchTimes, runBatches } from '../batch.ts';
import { type Ceiling, lineOfCeiling, type Window } from '../ceiling.ts';
import type { Ground } from '../ground.ts';
import { type Line, perSecond } from '../lines.ts';
import type { Plan } from '../plan.ts';

const SMALL = [100, 1_000];
const LARGE = 10_000;

/** Row c: batches of three sizes, 5 % of whose transfers are refused; the large one in turn with the ceiling. */
export async function batches(
  ground: Ground,
  accounts: readonly string[],
  plan: Plan,
  ceiling: Ceiling,
): Promise<Line[]> {
  const lines: Line[] = [];
  const add = (size: number, times: BatchTimes) =>
    lines.push(lineOfBatch(`c.${size}`, `a batch of ${size.toLocaleString('en-US')}`, size, times));
  for (const size of SMALL) add(size, await runBatches(ground, { size, accounts }, plan.batchRuns));
  const windows: Window[] = [];
  const inTurn = async () => void windows.push(await ceiling.measure());
  add(LARGE, await runBatches(ground, { size: LARGE, accounts }, plan.batchRuns, inTurn));
  return [...lines, lineOfCeiling('h.batches', 'batches of 10,000', windows)];
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
