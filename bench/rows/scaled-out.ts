import { runBatches } from '../batch.ts';
import type { CpuMs } from '../cpu.ts';
import type { Ground } from '../ground.ts';
import { type Figure, type Line, lineOfLoad } from '../lines.ts';
import { runLoad } from '../load/run-load.ts';
import type { Plan } from '../plan.ts';
import { lineOfBatch } from './batches.ts';
import { spread } from './singles.ts';

const CALLERS = 64;
const BATCH = 10_000;

/**
 * Row k: singles and batches with two workers and two projectors beside an API of its own, and how the two of each share
 * the work. On as many cores as before that is no faster; the proof of the whole store at the end says that it is right.
 */
export function scaledOut(ground: Ground, accounts: readonly string[], plan: Plan): Promise<Line[]> {
  const { warmUpMs, windowMs } = plan;
  return ground.scaledOut(async (scaled) => {
    const job = { ...spread(scaled, accounts), callers: CALLERS, warmUpMs, windowMs };
    const load = await runLoad(job, scaled.roots(), scaled.signal);
    const times = await runBatches(scaled, { size: BATCH, accounts }, plan.batchRuns);
    const singles = lineOfLoad('k.64', `two workers, two projectors, ${CALLERS} callers`, load);
    const batch = lineOfBatch('k.batch', 'two workers, two projectors, a batch of 10,000', BATCH, times);
    return [withShares(singles), withShares(batch)];
  });
}

function withShares(line: Line): Line {
  const shares = ['worker', 'projector'].map((role) => shareOf(line.cpuEachMs ?? {}, role));
  return { ...line, figures: [...line.figures, ...shares] };
}

/** What the first of the two did, by its processor time. */
function shareOf(cpu: CpuMs, role: string): Figure {
  const [first, second] = [cpu[`${role} 1`] ?? 0, cpu[`${role} 2`] ?? 0];
  return { label: `${role} 1 has`, value: (first / (first + second)) * 100, unit: '%' };
}
