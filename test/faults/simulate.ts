import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { printFailure as printWhy, SetupFailure } from '../../stack/failure.ts';
import { writeBlock } from './document.ts';
import { wholeNumber } from './options.ts';
import { FAULT_KINDS } from './simulator/faults.ts';
import { openParts } from './simulator/parts.ts';
import {
  addOutcome,
  createTotals,
  describeTotals,
  missingFrom,
  printFailure,
  toMarkdown,
} from './simulator/report.ts';
import { shrink } from './simulator/shrink.ts';
import { type Plan, simulate } from './simulator/simulation.ts';
import { runSeeds } from './simulator/team.ts';

/**
 * `npm run simulate -- --seeds 10000 --from 1`: many runs, over all cores. `--seed 4711`: one run, with its trace;
 * `--operations 0,3 --faults abc,def` makes it smaller. Exits with 1 where a run breaks an invariant, or where a
 * fault or an end that there should be was never seen. `--write` keeps what came of it in docs/RELIABILITY.md.
 */
function readOptions() {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '10000' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      operations: { type: 'string' },
      faults: { type: 'string' },
      workers: { type: 'string', default: String(availableParallelism()) },
      write: { type: 'boolean', default: false },
    },
  });
  return values;
}
type Options = ReturnType<typeof readOptions>;

/** So few runs may miss a rare fault without telling anything. */
const ENOUGH_SEEDS = 300;
const PROGRESS_MS = 10_000;

async function one(seed: number, values: Options): Promise<number> {
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

async function many(first: number, count: number, values: Options): Promise<number> {
  const workers = wholeNumber('--workers', values.workers);
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
  if (missing.length > 0) return 1;
  if (values.write)
    await writeBlock('RELIABILITY.md', 'simulator', toMarkdown(totals, { first, seconds, workers }));
  return 0;
}

function list(text: string): string[] {
  return text.split(',').filter((part) => part !== '');
}

async function main(): Promise<number> {
  const values = readOptions();
  if (values.seed !== undefined) return one(wholeNumber('--seed', values.seed), values);
  const count = wholeNumber('--seeds', values.seeds);
  if (values.write && count < ENOUGH_SEEDS)
    throw new SetupFailure(
      `${count} seeds tell too little to be written down: run ${ENOUGH_SEEDS} at least.`,
    );
  return many(wholeNumber('--from', values.from), count, values);
}

process.exit(
  await main().catch((error: unknown) => {
    printWhy(error);
    return 1;
  }),
);
