import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { FAULT_KINDS } from './simulator/faults.ts';
import { openParts } from './simulator/parts.ts';
import { addOutcome, createTotals, describeTotals, missingFrom, printFailure } from './simulator/report.ts';
import { shrink } from './simulator/shrink.ts';
import { type Plan, simulate } from './simulator/simulation.ts';
import { runSeeds } from './simulator/team.ts';

/**
 * `npm run simulate -- --seeds 10000 --from 1`: many runs, over all cores. `--seed 4711`: one run, with its trace;
 * `--operations 0,3 --faults abc,def` makes it smaller. Exits with 1 where a run breaks an invariant, or where a
 * fault or an end that there should be was never seen.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    operations: { type: 'string' },
    faults: { type: 'string' },
    workers: { type: 'string', default: String(availableParallelism()) },
  },
});

/** So few runs may miss a rare fault without telling anything. */
const ENOUGH_SEEDS = 300;
const PROGRESS_MS = 10_000;

async function one(seed: number): Promise<number> {
  const plan: Plan = {
    seed,
    operations: values.operations === undefined ? null : list(values.operations).map(Number),
    faults: values.faults === undefined ? null : list(values.faults),
  };
  const parts = await openParts();
  const outcome = await simulate(parts, plan);
  console.log(outcome.trace.join('\n'));
  console.log(`trace ${outcome.hash}`);
  if (outcome.violations.length === 0) {
    console.log(`seed ${seed}: every invariant holds`);
    return 0;
  }
  const isSmall = plan.operations !== null || plan.faults !== null;
  printFailure(isSmall ? outcome : await shrink(parts, outcome));
  return 1;
}

async function many(first: number, count: number, workers: number): Promise<number> {
  const startedMs = Date.now();
  const totals = createTotals();
  let toldMs = startedMs;
  const failed = await runSeeds({ first, count, workers }, (outcome) => {
    addOutcome(totals, outcome);
    if (outcome.violations.length > 0) {
      console.log(`seed ${outcome.plan.seed} failed: ${outcome.violations[0]}`);
    }
    if (Date.now() - toldMs < PROGRESS_MS) return;
    toldMs = Date.now();
    console.log(`${totals.seeds} of ${count} seeds, ${totals.failed} failed`);
  });
  if (failed !== null) printFailure(failed);
  const seconds = Math.round((Date.now() - startedMs) / 1_000);
  console.log(describeTotals(totals, seconds));
  if (totals.failed > 0) return 1;
  const missing = count < ENOUGH_SEEDS ? [] : missingFrom(totals, FAULT_KINDS);
  for (const what of missing) console.log(`never seen: ${what}`);
  return missing.length === 0 ? 0 : 1;
}

function list(text: string): string[] {
  return text.split(',').filter((part) => part !== '');
}

const code =
  values.seed === undefined
    ? await many(Number(values.from), Number(values.seeds), Number(values.workers))
    : await one(Number(values.seed));
process.exit(code);
