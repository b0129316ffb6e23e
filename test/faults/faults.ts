import { parseArgs } from 'node:util';
import { printFailure, SetupFailure } from '../../stack/failure.ts';
import { type Ground, startGround } from './campaign/ground.ts';
import { hitsToMarkdown, isMiss, LOGS, oneLine, toMarkdown } from './campaign/report.ts';
import { openResults, type Results } from './campaign/results.ts';
import { groundless, type Report, runSeed, type Turn } from './campaign/run.ts';
import type { Scenario } from './campaign/scenario.ts';
import { SCENARIOS } from './campaign/scenarios/index.ts';
import { writeBlock } from './document.ts';
import { wholeNumber } from './options.ts';

const USAGE = `npm run faults -- [scenario …] [options]

  scenario …         such as F1 F4a; all of them by default
  --seeds <n>        seeds for each scenario, 1 by default
  --from <n>         the first seed, 1 by default
  --results <file>   keeps each run's result there, a JSON object a line; runs that passed there are not repeated
  --write            writes the table to docs/RELIABILITY.md; refused unless all scenarios ran and passed`;

/** Whether a fault hits is a matter of milliseconds, which no seed decides: a run that it missed is made again so often. */
const MOST_AGAIN = 2;

type Plan = {
  readonly scenarios: readonly Scenario[];
  readonly seeds: readonly number[];
  readonly resultsFile: string | null;
  readonly write: boolean;
};

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => interrupted.abort(new SetupFailure('Interrupted.')));

async function main(args: string[]): Promise<boolean> {
  const plan = readPlan(args);
  if (plan === null) {
    console.log(USAGE);
    return true;
  }
  const results = await openResults(plan.resultsFile);
  const tally = { passed: 0, failed: 0 };
  for (const scenario of plan.scenarios) {
    for await (const { report, again } of runScenario(scenario, plan, results)) {
      console.log(again ? `${oneLine(report)}; once more` : oneLine(report));
      if (!again) tally[report.failures.length === 0 ? 'passed' : 'failed'] += 1;
    }
    interrupted.signal.throwIfAborted();
  }
  await conclude(plan, results);
  console.log(`\n${tally.passed} passed, ${tally.failed} failed`);
  return tally.failed === 0;
}

function readPlan(args: string[]): Plan | null {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seeds: { type: 'string', default: '1' },
      from: { type: 'string', default: '1' },
      results: { type: 'string' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const [count, from] = [wholeNumber('--seeds', values.seeds), wholeNumber('--from', values.from)];
  if (values.write && positionals.length > 0)
    throw new SetupFailure('The table is about all scenarios: leave out their names or --write.');
  return {
    scenarios: positionals.length === 0 ? SCENARIOS : positionals.map(find),
    seeds: Array.from({ length: count }, (_, at) => from + at),
    resultsFile: values.results ?? null,
    write: values.write,
  };
}

function find(id: string): Scenario {
  const scenario = SCENARIOS.find((one) => one.id.toLowerCase() === id.toLowerCase());
  if (scenario !== undefined) return scenario;
  const known = SCENARIOS.map((one) => one.id).join(', ');
  throw new SetupFailure(`There is no scenario ${id}; there are ${known}.`);
}

/** One run, and whether its seed runs again, for the fault hit nothing. */
type Made = { readonly report: Report; readonly again: boolean };

/** All seeds on one ground; after a run that did not pass, or where the scenario wants it, the next begins on a new one. */
async function* runScenario(scenario: Scenario, plan: Plan, results: Results): AsyncGenerator<Made> {
  const kept: { ground: Ground | null } = { ground: null };
  try {
    for (const seed of plan.seeds.filter((one) => !hasPassed(results, scenario, one))) {
      for (let again = true; again; ) {
        interrupted.signal.throwIfAborted();
        const report = await runOn(kept, scenario, { seed, rebuild: seed === plan.seeds[0] });
        await results.add(report);
        again = isMiss(report) && missesOf(results, scenario, seed) <= MOST_AGAIN;
        yield { report, again };
        if (report.failures.length === 0 && !scenario.groundPerSeed) continue;
        await kept.ground?.close();
        kept.ground = null;
      }
    }
  } finally {
    await kept.ground?.close();
  }
}

async function runOn(kept: { ground: Ground | null }, scenario: Scenario, turn: Turn): Promise<Report> {
  try {
    kept.ground ??= await startGround(scenario, interrupted.signal);
  } catch (error) {
    interrupted.signal.throwIfAborted();
    return groundless(scenario, turn.seed, error);
  }
  return runAndKeep(scenario, kept.ground, turn);
}

function runsOf({ reports }: Results, { id }: Scenario, seed: number): Report[] {
  return reports.filter((report) => report.scenario === id && report.seed === seed);
}

function hasPassed(results: Results, scenario: Scenario, seed: number): boolean {
  return runsOf(results, scenario, seed).some(({ failures }) => failures.length === 0);
}

/** How often the fault has missed this seed, in earlier commands too. */
function missesOf(results: Results, scenario: Scenario, seed: number): number {
  return runsOf(results, scenario, seed).filter(isMiss).length;
}

/** A run that fails tells where its logs are. */
async function runAndKeep(scenario: Scenario, ground: Ground, turn: Turn): Promise<Report> {
  const report = await runSeed(scenario, ground, turn, interrupted.signal);
  if (report.failures.length === 0) return report;
  const kept = await ground.keepLogs(`${scenario.id.toLowerCase()}-${turn.seed}`);
  return { ...report, failures: [...report.failures, `${LOGS}${kept}`] };
}

async function conclude({ write }: Plan, results: Results): Promise<void> {
  const { reports } = results;
  const good = reports.filter((report) => report.failures.length === 0 || isMiss(report));
  const ordered = SCENARIOS.flatMap(({ id }) => good.filter(({ scenario }) => scenario === id));
  if (ordered.length > 0) console.log(`\n${toMarkdown(ordered)}`);
  if (!write) return;
  // A run that failed once and passed when it was repeated has failed: the table hides nothing.
  const failed = reports.filter((report) => !good.includes(report)).map(({ scenario }) => scenario);
  const missed = SCENARIOS.filter((scenario) =>
    good.some(
      ({ scenario: id, seed }) =>
        id === scenario.id &&
        (!hasPassed(results, scenario, seed) || missesOf(results, scenario, seed) > MOST_AGAIN),
    ),
  ).map(({ id }) => id);
  const absent = SCENARIOS.map(({ id }) => id).filter(
    (id) => !ordered.some(({ scenario }) => scenario === id),
  );
  if (failed.length + missed.length + absent.length > 0)
    throw new SetupFailure(
      `Not written: failed ${listed(failed)}; hit nothing ${listed(missed)}; not run ${listed(absent)}.`,
    );
  await writeBlock('RELIABILITY.md', 'faults', `${toMarkdown(ordered)}\n\n${hitsToMarkdown(SCENARIOS)}`);
}

function listed(ids: readonly string[]): string {
  return ids.join(', ') || 'none';
}

try {
  process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
} catch (error) {
  printFailure(error);
  process.exitCode = 1;
}
// A connection that lingers must not keep a campaign that is done.
process.exit();
