import { setTimeout as sleep } from 'node:timers/promises';
import { type CpuMs, readCpu, usedCpu } from '../cpu.ts';
import type { Ground } from '../ground.ts';
import type { Figure, Line } from '../lines.ts';
import type { Plan } from '../plan.ts';

/** What the load before set off (vacuums, closed runs, garbage) is over after this. */
const SETTLE_MS = 10_000;

/** Row j: processor time of the whole stack while nobody asks for anything, in % of one core. */
export async function idle(ground: Ground, { idleMs }: Plan): Promise<Line[]> {
  await sleep(SETTLE_MS, undefined, { signal: ground.signal });
  const [begun, before] = [performance.now(), await readCpu(ground.roots())];
  await sleep(idleMs, undefined, { signal: ground.signal });
  const used = usedCpu(before, await readCpu(ground.roots()));
  const elapsedMs = performance.now() - begun;
  const percent = (ms: number) => (ms / elapsedMs) * 100;
  const total = Object.values(used).reduce((sum, ms) => sum + ms, 0);
  const figures = [figureOf('all', percent(total)), ...figuresOf(used, percent)];
  return [{ id: 'j', what: `idle for ${idleMs / 1_000} s, of one core`, figures, cpuEachMs: used }];
}

function figuresOf(used: CpuMs, percent: (ms: number) => number): Figure[] {
  return Object.entries(used).map(([name, ms]) => figureOf(name, percent(ms)));
}

function figureOf(label: string, value: number): Figure {
  return { label, value, unit: '%' };
}
