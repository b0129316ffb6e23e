import type { Ground } from '../ground.ts';
import { type Line, lineOfLoad, mergeLoads } from '../lines.ts';
import type { TransferJob } from '../load/job.ts';
import { type Measured, runLoad } from '../load/run-load.ts';
import type { Plan } from '../plan.ts';
import { type Sample, startStockSample, startTunedSample } from '../sample/start-sample.ts';

/** Callers of Remit, and of the sample, which gains nothing from more. */
const CALLERS = [1, 16, 64, 128];
const SAMPLE_CALLERS = [1, 16];
/** What processes that have just started need before they are as fast as they get. */
const RESTART = { callers: 16, warmUpMs: 0, windowMs: 8_000 };

type Runs = Map<string, { readonly what: string; readonly loads: Measured[] }>;

/**
 * Rows a and b: single transfers over HTTP, and the plain sample on a stock server and on the stack's own, in turn, so
 * that what this machine does meanwhile is the same for all.
 */
export async function singles(ground: Ground, accounts: readonly string[], plan: Plan): Promise<Line[]> {
  const runs: Runs = new Map();
  const [stock, tuned] = [await startStockSample(ground), await startTunedSample(ground)];
  try {
    for (let round = 0; round < plan.rounds; round++) {
      await restart(ground, 'adaptive', accounts);
      await inTurn(ground, accounts, plan, runs, { stock, tuned });
      await restart(ground, 'never', accounts);
      for (const callers of CALLERS)
        await transfersOf(ground, plan, runs, { grouping: 'never', callers, accounts });
    }
  } finally {
    await stock.stop();
    await tuned.stop();
  }
  await restart(ground, 'adaptive', accounts);
  return [...runs].map(([id, { what, loads }]) => lineOfLoad(id, what, mergeLoads(loads)));
}

type Samples = Readonly<Record<'stock' | 'tuned', Sample>>;

async function inTurn(
  ground: Ground,
  accounts: readonly string[],
  plan: Plan,
  runs: Runs,
  samples: Samples,
): Promise<void> {
  for (const callers of CALLERS) {
    await transfersOf(ground, plan, runs, { grouping: 'adaptive', callers, accounts });
    if (!SAMPLE_CALLERS.includes(callers)) continue;
    for (const [server, { job, roots }] of Object.entries(samples)) {
      const { warmUpMs, windowMs } = plan;
      const load = await runLoad({ ...job, callers, warmUpMs, windowMs }, roots, ground.signal);
      keep(runs, `b.${server}.${callers}`, `the plain sample, ${server} server, ${called(callers)}`, load);
    }
  }
}

type Transfers = {
  readonly grouping: string;
  readonly callers: number;
  readonly accounts: readonly string[];
};

async function transfersOf(
  ground: Ground,
  { warmUpMs, windowMs }: Plan,
  runs: Runs,
  { grouping, callers, accounts }: Transfers,
): Promise<void> {
  const job = { ...spread(ground, accounts), callers, warmUpMs, windowMs };
  const load = await runLoad(job, ground.roots(), ground.signal);
  keep(runs, `a.${grouping}.${callers}`, `singles over HTTP, grouping ${grouping}, ${called(callers)}`, load);
}

/** Transfers among all accounts. */
export function spread({ api }: Ground, accounts: readonly string[]): TransferJob {
  return { kind: 'transfers', api, from: accounts, to: accounts, time: 'final' };
}

export function called(callers: number): string {
  return callers === 1 ? '1 caller' : `${callers} callers`;
}

async function restart(ground: Ground, grouping: 'never' | 'adaptive', accounts: readonly string[]) {
  await ground.regroup(grouping);
  await runLoad({ ...spread(ground, accounts), ...RESTART }, ground.roots(), ground.signal);
}

function keep(runs: Runs, id: string, what: string, load: Measured): void {
  const kept = runs.get(id) ?? { what, loads: [] };
  kept.loads.push(load);
  runs.set(id, kept);
}
