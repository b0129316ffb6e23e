import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { TemporalClient } from '../../../platform/temporal.ts';
import { waitFor } from '../../processes.ts';
import { withTemporal } from '../../with-temporal.ts';
import { sumHits } from './rounds.ts';
import type { Reaction, Scenario, Scene, Statement } from './scenario.ts';
import { followTransactions, listOf, type Transaction } from './transactions.ts';
import { listCompensated, listInHand, listRunBy } from './transfers.ts';

/** Below the 9 s after which a client of Postgres gives up a statement: a zombie must be able to go on. */
const DEADLINE_MS = 4_000;
const BEFORE_MS = [500, 1_500] as const;
const ROUNDS = { least: 2, more: 4 };
/** A step's three local attempts fail within half a second; then Temporal hands it to one of the two. */
const CATCH_TIMEOUT_MS = 20_000;
/** From the activity's begin, which Temporal knows, to its first statement. */
const ARRIVAL_MS = 200;
/** How long the continued zombie gets to say what it does. */
const MOVE_MS = 1_500;
const LOOK_EVERY_MS = 50;

/** At which statement the zombie is stopped, and for how long at most. */
type Trap = Pick<Scenario, 'id' | 'title' | 'hit'> & {
  readonly at: 'begin' | 'commit';
  readonly stopMs: number;
};

/** A statement of the zombie that the proxy keeps until it goes on. */
type Held = { readonly connection: number; readonly transferIds: readonly string[]; release(): void };

/**
 * Two workers. The rescuer's steps fail for a while, so that Temporal hands them to the zombie as regular activities,
 * whose deadline Temporal keeps. There they come to the trap, and the zombie is stopped (SIGSTOP). The deadline passes,
 * the rescuer compensates; then the zombie goes on where it was.
 */
export function zombie({ at, stopMs, ...told }: Trap): Scenario {
  return {
    ...told,
    layout: { api: 'api', zombie: 'worker', rescuer: 'worker', projector: 'projector' },
    env: { SAGA_DEADLINE_MS: String(DEADLINE_MS) },
    mayGiveUp: ['deadline-exceeded'],
    through: ['postgres'],
    async inflict(scene) {
      let inHand = 0;
      const hits = await sumHits(ROUNDS, async () => {
        const moved = await raiseOnce(scene, at, stopMs);
        inHand += moved.all;
        return moved.compensated;
      });
      scene.healed();
      return { hits, note: `${inHand} transfers in the zombie's hands` };
    },
  };
}

/** One zombie; returns how many transfers it had in hand, and how many it went on with that had been compensated. */
async function raiseOnce(scene: Scene, at: Trap['at'], stopMs: number) {
  const { chance, db, fleet, proxies } = scene;
  await sleep(chance.between(...BEFORE_MS));
  const trap = setTrap(scene, at);
  try {
    const caught = await catchSome(scene, at, trap);
    fleet.signal('zombie', 'SIGSTOP');
    trap.endOutage();
    await untilCompensated(db, caught, stopMs);
    const goesOnAt = Date.now();
    fleet.signal('zombie', 'SIGCONT');
    trap.releaseAll();
    await sleep(MOVE_MS);
    const moved = at === 'begin' ? trap.locked() : await listFailed(scene, caught, goesOnAt);
    return { all: caught.length, compensated: (await listCompensated(db, moved, goesOnAt)).length };
  } finally {
    trap.endOutage();
    trap.releaseAll();
    proxies.postgres!.intercept(null);
  }
}

/** None in time is no error: the zombie goes on then, and the run's hits tell. */
async function untilCompensated(db: pg.Pool, caught: readonly string[], timeoutMs: number): Promise<void> {
  const until = Date.now() + timeoutMs;
  while (Date.now() < until && (await listCompensated(db, caught, Date.now())).length === 0)
    await sleep(LOOK_EVERY_MS);
}

/**
 * Those caught whose step the zombie saw fail as it went on: the session of its commit had ended meanwhile. Steps of one
 * account are folded in a worker, so that the attempt that Temporal gave out may wait behind a local one of the same
 * transfer, whose commit it is then.
 */
async function listFailed(
  { db, fleet }: Scene,
  caught: readonly string[],
  goesOnAt: number,
): Promise<string[]> {
  const lines = await fleet.readLog('zombie');
  const failed = lines.filter(
    ({ msg, activityType, time }) =>
      msg === 'Activity failed' && FORWARD.has(String(activityType)) && Number(time) >= goesOnAt,
  );
  const workflowIds = failed.map(({ workflowId }) => String(workflowId));
  return listRunBy(db, caught, workflowIds);
}

/** The steps whose commit a zombie is caught at. */
const FORWARD = new Set(['debit', 'credit', 'debitRange', 'creditRange']);

/** Waits until Temporal has given the zombie an activity that stands at the trap; returns the transfers concerned. */
async function catchSome({ db, fleet, parts }: Scene, at: Trap['at'], trap: SetTrap): Promise<string[]> {
  const identity = `${fleet.pid('zombie')}@${hostname()}`;
  const address = parts.temporal.env.TEMPORAL_ADDRESS!;
  const look = async (client: TemporalClient) => {
    const given = await listInHand(db, client, identity);
    const held = new Set(trap.held().flatMap(({ transferIds }) => transferIds));
    const caught = at === 'begin' ? given : given.filter((id) => held.has(id));
    return caught.length > 0 && caught;
  };
  const caught = await withTemporal(address, (client) =>
    waitFor('the zombie to have an activity in hand', () => look(client), CATCH_TIMEOUT_MS),
  );
  if (at === 'begin') await sleep(ARRIVAL_MS);
  return caught;
}

type SetTrap = {
  /** The rescuer's steps succeed again, and the zombie is not held up any more than it is. */
  endOutage(): void;
  held(): readonly Held[];
  releaseAll(): void;
  /** Transfers that the zombie came to lock after its release. */
  locked(): readonly string[];
};

function setTrap({ proxies }: Scene, at: Trap['at']): SetTrap {
  const follow = followTransactions();
  const held: Held[] = [];
  const seen: string[] = [];
  let phase: 'outage' | 'stopped' | 'released' = 'outage';

  function hold(statement: Statement, transaction: Transaction): Promise<Reaction> {
    const transferIds = transaction.legs.filter(isForward).map(({ subjectId }) => subjectId);
    return new Promise((resolve) => {
      held.push({ connection: statement.connection, transferIds, release: () => resolve('pass') });
    });
  }
  function trapZombie(statement: Statement, transaction: Transaction): Reaction | Promise<Reaction> {
    // A group's step begins with `begin; set local lock_timeout = …`.
    const isHere = statement.text.startsWith(at) && (at === 'begin' || transaction.legs.some(isForward));
    if (phase === 'outage' && isHere) return hold(statement, transaction);
    if (phase === 'released' && held.some(({ connection }) => connection === statement.connection))
      seen.push(...transfersLocked(statement));
    return 'pass';
  }

  proxies.postgres!.intercept((statement) => {
    const transaction = follow(statement);
    if (statement.application === 'zombie') return trapZombie(statement, transaction);
    const failing = phase === 'outage' && statement.application === 'rescuer';
    return failing && statement.text.startsWith('begin') ? 'lose-reply' : 'pass';
  });
  return {
    endOutage() {
      if (phase === 'outage') phase = 'stopped';
    },
    held: () => held,
    releaseAll() {
      phase = 'released';
      for (const { release } of held) release();
    },
    locked: () => [...new Set(seen)],
  };
}

function isForward({ leg, result }: Transaction['legs'][number]): boolean {
  return (leg === 'debit' || leg === 'credit') && result === 'done';
}

/** sql/lock-heads.ts locks a transfer's stream with the account's. */
function transfersLocked({ text, values }: Statement): string[] {
  if (!text.includes('for no key update')) return [];
  return listOf(values[1]).flatMap((id) =>
    id.startsWith('transfer-') ? [id.slice('transfer-'.length)] : [],
  );
}
