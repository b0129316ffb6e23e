import type { AccountCommandResult, AccountItem } from '../../../domain/account-commands.ts';
import type { CommandId } from '../../../domain/ids.ts';
import { toWire } from '../../../domain/wire.ts';
import { createChance } from './chance.ts';
import { checkRun } from './checks.ts';
import { type Answer, sendOperation } from './clients.ts';
import { planDisasters } from './disasters.ts';
import { createFaults, type FaultKind } from './faults.ts';
import { createHouse, type House, type Run, TENANT } from './house.ts';
import type { Parts } from './parts.ts';
import { simulateTimers } from './timers.ts';
import { createWorkload, SETUP } from './workload.ts';
import { createWorld } from './world.ts';

/** Which run: its seed, and where it was made smaller what is left of it. */
export type Plan = {
  readonly seed: number;
  readonly operations: readonly number[] | null;
  readonly faults: readonly string[] | null;
};

export type Outcome = {
  readonly plan: Plan;
  /** The invariants that are broken, each with what was seen. */
  readonly violations: readonly string[];
  readonly operations: readonly number[];
  /** Short names of the faults that happened. */
  readonly faults: readonly string[];
  readonly counts: ReadonlyMap<FaultKind, number>;
  /** How transfers and commands ended. */
  readonly ends: ReadonlyMap<string, number>;
  readonly hash: string;
  readonly trace: readonly string[];
};

/** After this nothing new goes wrong. */
const FAULTY_MS = 32_000;
/** An accepted command is final this soon after the faults have healed (I3). */
const HEAL_MS = 60_000;
/** Zombies that were put to sleep long ago wake up, and the read tables come up. */
const QUIET_MS = 120_000;
const LOOK_MS = 1_000;
const PASS_MS = 4_000;
const MOST_EVENTS = 200_000;

/** Runs one seed from an empty database to the check of what is there in the end. */
export async function simulate(parts: Parts, plan: Plan): Promise<Outcome> {
  await parts.store.reset();
  await parts.read.reset();
  const chance = createChance(plan.seed);
  const world = createWorld(chance);
  const allowed = createFaults(chance, plan.faults === null ? null : new Set(plan.faults));
  const run: Run = { world, chance, faults: allowed };
  const restore = simulateTimers(world);
  try {
    return await play(parts, run, plan);
  } finally {
    restore();
    world.close();
  }
}

async function play(parts: Parts, run: Run, plan: Plan): Promise<Outcome> {
  const { world, chance, faults } = run;
  const violations: string[] = [];
  const calm: Run = { world, chance, faults: createFaults(chance, new Set()) };
  await setUp(parts, calm);
  const house = createHouse(parts, run);
  const beganMs = world.now();
  const operations = createWorkload(chance).filter(({ id }) => plan.operations?.includes(id) ?? true);
  const answers: Answer[] = [];
  const expected = operations.reduce((sum, { repeats }) => sum + 1 + repeats, 0);
  for (const operation of operations) sendOperation(run, house, operation, (answer) => answers.push(answer));
  const stop = planDisasters(run, house, operations);
  const passes = startPasses(run, house);
  await world.run(() => world.now() - beganMs >= FAULTY_MS, MOST_EVENTS);
  heal(run, house);
  const isFinal = async () => answers.length === expected && (await openCommands(parts)) === 0;
  if (!(await waitFor(run, isFinal, HEAL_MS)))
    violations.push(await notFinal(parts, answers.length, expected));
  const isQuiet = async () =>
    house.attempts.underWay() === 0 &&
    (await isProjected(parts, house)) &&
    (await endless(parts, house)).length === 0;
  if (!(await waitFor(run, isQuiet, QUIET_MS))) violations.push(await notQuiet(parts, house));
  passes.stop();
  stop();
  await house.server.close();
  violations.push(...house.server.failures);
  const { broken, ends } = await checkRun({ parts, run, house, operations, answers });
  violations.push(...broken);
  return {
    plan,
    violations,
    operations: operations.map(({ id }) => id),
    faults: faults.happened,
    counts: faults.counts,
    ends,
    hash: world.hash(),
    trace: world.trace,
  };
}

/** Opens the accounts of the run, and then closes and freezes some, before anything can go wrong. */
async function setUp(parts: Parts, run: Run): Promise<void> {
  const { world } = run;
  const { createActivities } = createHouse(parts, run);
  const items = SETUP.map(({ type, ...data }, index) => ({
    commandId: `setup-${index}` as CommandId,
    actor: 'setup',
    command: { type, data: toWire(data) } as AccountItem['command'],
  }));
  let results: readonly AccountCommandResult[] = [];
  const process = { name: 'setup', alive: true };
  world
    .task({ key: 'setup', process }, () =>
      createActivities().decideAccountCommands({ tenant: TENANT, items }),
    )
    .then((decided) => {
      results = decided;
    });
  await world.run(() => results.length > 0, MOST_EVENTS);
  if (results.some(({ result }) => result !== 'done'))
    throw new Error(`not set up: ${JSON.stringify(results)}`);
}

function heal({ world, faults }: Run, { store, read, server, broker }: House): void {
  faults.heal();
  store.outageUntil(0);
  read.outageUntil(0);
  server.awayUntil(0);
  broker.release();
  world.note('healed');
}

/** Looks every simulated second whether something is so; false after `ms`. */
async function waitFor({ world }: Run, look: () => Promise<boolean>, ms: number): Promise<boolean> {
  const untilMs = world.now() + ms;
  while (world.now() < untilMs) {
    const nextMs = world.now() + LOOK_MS;
    world.at(nextMs, () => undefined);
    await world.run(() => world.now() >= nextMs, MOST_EVENTS);
    if (await look()) return true;
  }
  return false;
}

function startPasses({ world }: Run, house: House): { stop(): void } {
  let over = false;
  let count = 0;
  const pass = () => {
    if (over) return;
    count += 1;
    void house.pass(`pass-${count}`);
    world.after(PASS_MS, pass);
  };
  world.after(PASS_MS, pass);
  return {
    stop() {
      over = true;
    },
  };
}

async function openCommands({ store }: Parts): Promise<number> {
  const { rows } = await store.session.query<{ open: number }>(
    `select count(*)::int as open from commands where status = 'accepted'`,
  );
  return rows[0]?.open ?? 0;
}

/** Workflows that run although nothing is left for them to do: those that wait are expected to run. */
async function endless({ store }: Parts, { server }: House): Promise<string[]> {
  const { rows } = await store.session.query<{ id: string }>(
    'select workflow_id as id from expected_workflows',
  );
  const expected = new Set(rows.map(({ id }) => id));
  return server.running().filter((id) => !expected.has(id));
}

/** True once what was committed is in the log, was sent, and was consumed. */
async function isProjected({ store }: Parts, { broker }: House): Promise<boolean> {
  const { rows } = await store.session.query<{ all: boolean }>(`
    select (select count(*) from outbox) = 0 and (select count(*) from simulated.late) = 0
      and (select position from log_head) = coalesce((select max(position) from relay_cursors), 0) as all`);
  return rows[0]?.all === true && broker.isConsumed();
}

async function notFinal({ store }: Parts, answered: number, expected: number): Promise<string> {
  const { rows } = await store.session.query<{ id: string; type: string }>(
    `select command_id as id, type from commands where status = 'accepted'`,
  );
  const open = rows.map(({ id, type }) => `${type} ${id}`).join(', ');
  return `I3: ${HEAL_MS / 1_000} s after the faults healed ${answered} of ${expected} clients have their answer, and these commands have no end: ${open}`;
}

async function notQuiet(parts: Parts, house: House): Promise<string> {
  const { rows } = await parts.store.session.query<{ outbox: number; head: bigint; cursor: bigint }>(`
    select (select count(*)::int from outbox) as outbox, (select position from log_head) as head,
      (select max(position) from relay_cursors) as cursor`);
  const { outbox, head, cursor } = rows[0]!;
  const stuck = await endless(parts, house);
  if (stuck.length > 0) return `I3: these workflows do not end: ${stuck.join(', ')}`;
  return `I7: not quiet: ${outbox} in the outbox, log at ${head}, relay at ${cursor}, ${house.attempts.underWay()} attempts, consumed: ${house.broker.isConsumed()}`;
}
