import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { createChance } from '../../../cli/demo/chance.ts';
import { createLoad } from '../workload/clients.ts';
import { judge } from '../workload/judge.ts';
import type { LoadCounts, Observation, RunningLoad, Samples, Verdict } from '../workload/load.ts';
import { createSampler } from '../workload/sampler.ts';
import { type Compensations, countCompensations, logPosition } from './compensations.ts';
import { type Ground, LAYOUT } from './ground.ts';
import { awaitQuiet } from './quiet.ts';
import type { Bite, Inflicted, Scenario } from './scenario.ts';
import { within } from './within.ts';

const LOAD_MS = 8_000;
/**
 * Clients go on this long after the fault has healed, and until they have seen so many answers more: what comes after
 * it must work too, on a slow machine as well.
 */
const AFTERWARDS = { ms: 2_000, answers: 60, timeoutMs: 60_000 };
/** I3: every accepted command is final within 60 s after the fault heals. */
const QUIET_TIMEOUT_MS = 60_000;
/** The longest fault takes a minute or two; one that takes longer hangs. */
const INFLICT_TIMEOUT_MS = 240_000;
/** Looking up afterwards what the fault did reads a topic or a log at most. */
const COUNT_TIMEOUT_MS = 120_000;

/** What one run, one seed of one scenario, came to. */
export type Report = {
  readonly scenario: string;
  readonly title: string;
  readonly seed: number;
  readonly hits: number;
  readonly note: string | null;
  /** Failed attempts that processes logged, and requests that clients had to repeat. */
  readonly retries: number;
  readonly compensations: Compensations;
  readonly requests: LoadCounts;
  readonly verdicts: readonly Verdict[];
  readonly tookMs: number;
  /** Why the run failed; none: it passed. */
  readonly failures: readonly string[];
};

/** One seed of a scenario, and whether every projection is rebuilt from zero and compared at its end: that takes a while. */
export type Turn = { readonly seed: number; readonly rebuild: boolean };

/** What the load and the samples saw, and what the fault did. */
type Course = {
  readonly inflicted: Inflicted;
  readonly beganAt: number;
  readonly healedAt: number;
  readonly observations: readonly Observation[];
  readonly samples: Samples;
  readonly requests: LoadCounts;
};

/**
 * One run: clients work on accounts of their own while the fault is inflicted and healed; once all is quiet it is
 * judged. It fails when an invariant is violated or was not looked at, when the fault hit nothing, or when anything
 * throws.
 */
export async function runSeed(
  scenario: Scenario,
  ground: Ground,
  { seed, rebuild }: Turn,
  signal: AbortSignal,
): Promise<Report> {
  const begunAt = Date.now();
  const outcome = await tryRun(scenario, ground, { seed, rebuild }, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    return brokenOff(error);
  });
  return { ...headOf(scenario, seed), ...outcome, tookMs: Date.now() - begunAt };
}

/** The report of a run for which there was no ground. */
export function groundless(scenario: Scenario, seed: number, error: unknown): Report {
  return { ...headOf(scenario, seed), ...brokenOff(error), tookMs: 0 };
}

function headOf({ id, title }: Scenario, seed: number): Pick<Report, 'scenario' | 'title' | 'seed'> {
  return { scenario: id, title, seed };
}

function brokenOff(error: unknown): Outcome {
  return { ...NOTHING, failures: [`the run broke off: ${inspect(error)}`] };
}

type Outcome = Omit<Report, 'scenario' | 'title' | 'seed' | 'tookMs'>;

const NOTHING: Outcome = {
  hits: 0,
  note: null,
  retries: 0,
  compensations: { caused: 0, asked: 0 },
  requests: { sent: 0, answered: 0, final: 0, pending: 0, refused: 0, failed: 0, unknown: 0 },
  verdicts: [],
  failures: [],
};

async function tryRun(
  scenario: Scenario,
  ground: Ground,
  { seed, rebuild }: Turn,
  signal: AbortSignal,
): Promise<Outcome> {
  const load = createLoad({
    chance: createChance(seed),
    addresses: apis(scenario).map((name) => ground.fleet.url(name)),
    run: `${scenario.id.toLowerCase()}-${seed}`,
  });
  await load.open();
  const from = await logPosition(ground.db);
  const endedBefore = ground.fleet.ends().count;
  const course = await inflictUnderLoad(scenario, ground, load, seed, signal);
  const left = await awaitQuiet(ground.db, course.healedAt + QUIET_TIMEOUT_MS, signal);
  const bite = await biteOf(course, signal);
  const verdicts = await judgeCourse(scenario, ground, load, course, rebuild);
  const ended = ground.fleet.ends();
  const { requests } = course;
  return {
    hits: bite.hits,
    note: noteOf(bite, ended.count - endedBefore, course.samples),
    retries: (await ground.fleet.failuresSince(course.beganAt)) + repeated(course.observations),
    compensations: await countCompensations(ground.db, from),
    requests,
    verdicts,
    failures: failuresOf(bite, verdicts, [notQuiet(left), ended.failure]),
  };
}

async function inflictUnderLoad(
  scenario: Scenario,
  ground: Ground,
  running: RunningLoad,
  seed: number,
  signal: AbortSignal,
): Promise<Course> {
  const sampler = createSampler(ground.db);
  const beganAt = Date.now();
  sampler.begin();
  running.begin();
  const heals: number[] = [];
  const healed = () => void heals.push(Date.now());
  const scene = { ...ground, chance: createChance(seed + 1_000_000), load: running.load, beganAt, healed };
  const work = within('inflicting the fault', INFLICT_TIMEOUT_MS, scenario.inflict(scene), signal);
  try {
    const inflicted = await work;
    const endedAt = Date.now();
    const healedAt = heals.at(-1) ?? endedAt;
    const leastMs = beganAt + (scenario.loadMs ?? LOAD_MS) - endedAt;
    const answered = running.load.answered(AFTERWARDS.answers, AFTERWARDS.timeoutMs);
    await Promise.all([sleep(Math.max(AFTERWARDS.ms, leastMs), undefined, { signal }), answered]);
    const observations = await running.end();
    const requests = running.load.now();
    return { inflicted, beganAt, healedAt, observations, requests, samples: await sampler.end() };
  } catch (error) {
    await running.end();
    await sampler.end();
    throw error;
  }
}

function judgeCourse(
  scenario: Scenario,
  ground: Ground,
  { load }: RunningLoad,
  course: Course,
  rebuild: boolean,
) {
  const { observations, samples, beganAt, healedAt } = course;
  return judge({
    ...{ observations, samples, beganAt, healedAt },
    db: ground.db,
    address: ground.fleet.url(apis(scenario)[0]!),
    accounts: load.accounts,
    plantedLetters: scenario.deadLetters ?? 0,
    mayGiveUp: scenario.mayGiveUp ?? [],
    rebuild,
  });
}

function apis({ layout = LAYOUT }: Scenario): string[] {
  return Object.entries(layout).flatMap(([name, roles]) => (roles.includes('api') ? [name] : []));
}

async function biteOf({ inflicted }: Course, signal: AbortSignal): Promise<Bite> {
  if (typeof inflicted !== 'function') return inflicted;
  return within('looking up what the fault did', COUNT_TIMEOUT_MS, inflicted(), signal);
}

/** How often a key was sent again by the client that sent it first, because no answer, or none that helped, came. */
function repeated(observations: readonly Observation[]): number {
  const open = new Set<string>();
  let count = 0;
  for (const { client, key, answer } of observations) {
    if (key === null) continue;
    const name = `${client}/${key}`;
    if (open.delete(name)) count += 1;
    if (answer === null || answer.status >= 500) open.add(name);
  }
  return count;
}

function noteOf({ note }: Bite, ends: number, { taken, skipped }: Samples): string {
  const ended = ends === 0 ? [] : [`${ends} processes ended by themselves and were started again`];
  const sampled = `money summed ${taken} times under load, skipped ${skipped} times`;
  return [...(note === undefined ? [] : [note]), ...ended, sampled].join('; ');
}

function notQuiet(left: string | null): string | null {
  return left === null ? null : `not quiet ${QUIET_TIMEOUT_MS / 1_000} s after the fault healed: ${left}`;
}

function failuresOf(bite: Bite, verdicts: readonly Verdict[], more: readonly (string | null)[]): string[] {
  const violated = verdicts.flatMap(({ invariant, ok, checked, violation }) => {
    if (!ok) return [`${invariant} violated: ${violation}`];
    return checked === 0 ? [`${invariant} was not looked at`] : [];
  });
  const missed = bite.hits === 0 ? ['the fault hit nothing'] : [];
  return [...missed, ...violated, ...more.filter((one) => one !== null)];
}
