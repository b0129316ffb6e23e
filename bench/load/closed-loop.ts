import { createHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, LoadMessage } from './job.ts';

/** One thing that a caller does: its time in milliseconds, or in a word what came instead of success. */
export type Once = () => Promise<{ readonly ms: number } | { readonly failed: string }>;

/** Drives a closed loop. What ends within the window counts, with its whole time; callers then finish what they began. */
export async function closedLoop(
  { callers, warmUpMs, windowMs }: Job,
  once: Once,
  tell: (message: LoadMessage) => void,
): Promise<void> {
  const histogram = createHistogram();
  const failed: Record<string, number> = {};
  let phase: 'warm-up' | 'window' | 'over' = 'warm-up';
  // Ends with the window: each caller's last request is bounded by its own time-outs.
  const call = async () => {
    while (phase !== 'over') {
      const result = await once();
      if (phase !== 'window') continue;
      if ('ms' in result) histogram.record(Math.max(1, Math.round(result.ms * 1_000)));
      else failed[result.failed] = (failed[result.failed] ?? 0) + 1;
    }
  };
  const calling = Promise.all(Array.from({ length: callers }, call));
  await sleep(warmUpMs);
  const [begun, cpu] = [performance.now(), process.cpuUsage()];
  phase = 'window';
  tell({ kind: 'begun' });
  await sleep(windowMs);
  phase = 'over';
  const [seconds, { user, system }] = [(performance.now() - begun) / 1_000, process.cpuUsage(cpu)];
  tell({ kind: 'over' });
  await calling;
  const percentileMs = (percentile: number) =>
    histogram.count === 0 ? 0 : histogram.percentile(percentile) / 1_000;
  const [p50Ms, p99Ms, cpuMs] = [percentileMs(50), percentileMs(99), (user + system) / 1_000];
  tell({ kind: 'result', result: { done: histogram.count, failed, seconds, p50Ms, p99Ms, cpuMs } });
}
