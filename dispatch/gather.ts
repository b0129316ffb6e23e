import { setTimeout as sleep } from 'node:timers/promises';
import type { Tenant } from '../domain/ids.ts';
import { groupOfWorkflow, groupWorkflowId } from '../domain/workflow-ids.ts';
import type { Logger } from '../platform/log.ts';
import { isOutage, type Pool } from '../platform/postgres.ts';
import { type Command, type NewCommand, type Recorded, recordCommand } from '../sql/commands.ts';
import { recordGroup } from '../sql/record-group.ts';
import type { Announcements } from './announcements.ts';
import type { Wish } from './new-command.ts';
import { createReturning } from './returning.ts';
import { startGroup, startWorkflow, type WorkflowStart } from './start-workflow.ts';
import type { Watcher } from './watch-workflows.ts';

/**
 * Whether transfers share workflows. `never`: each has its own. `adaptive`: those that come while others are under way
 * go together, for a workflow costs the same for one and for fifty. `always`: each goes with whatever came with it.
 */
export type Grouping = 'never' | 'adaptive' | 'always';

export type GatherDeps = {
  readonly pool: Pool;
  readonly log: Logger;
  readonly newId: () => string;
  readonly start: WorkflowStart;
  readonly announcements: Announcements;
  readonly watcher: Watcher;
  readonly grouping: Grouping;
};

/** What became of a wish, and its start: that one never rejects, for the sweeper starts what it could not. */
export type Begun = { readonly recorded: Recorded; readonly started: Promise<void> };

export type Gatherer = { begin(wish: Wish): Promise<Begun> };

/** A group begins when none is under way, or when it would be full: more than these would only wait for each other. */
const MOST_UNDER_WAY = 4;
/**
 * One that is slow (an account is held, a person is asked, Temporal is away) makes room for others: what takes so many times
 * as long as usual is, within these bounds. Under load all take longer, and small groups beside them would only slow them more.
 */
const SLOW = { timesUsual: 3, leastMs: 100, mostMs: 500 };
/** What Temporal takes in one keyword list is 2 KB; every transfer of a group is to be found by its id. */
const MOST_IN_GROUP = { transfers: 50, idBytes: 1_900 };

type Waiting = {
  readonly command: NewCommand;
  readonly done: (begun: Begun) => void;
  readonly failed: (error: unknown) => void;
};

/**
 * Records commands and starts their workflows. While nothing is under way a transfer runs alone at once; those that come
 * then go together when it has ended or is slow, or when they fill a group. As many wait as requests are open: each of them
 * is one.
 */
export function createGatherer(deps: GatherDeps): Gatherer {
  /** As many as there are tenants. */
  const lines = new Map<Tenant, Line>();
  return {
    begin(wish) {
      if (deps.grouping === 'never' || !wish.gathers) return beginAlone(deps, wish);
      const { tenant } = wish.command;
      const line = lines.get(tenant) ?? createLine(deps);
      lines.set(tenant, line);
      return new Promise((done, failed) => line.join({ command: wish.command, done, failed }));
    },
  };
}

/** What waits of one tenant. */
type Line = { join(one: Waiting): void };

function createLine(deps: GatherDeps): Line {
  const waiting: Waiting[] = [];
  let underWay = 0;
  let usualMs = 0;
  const returning = createReturning(fill);

  function fill(): void {
    for (let size = sizeOfDue(); size > 0; size = sizeOfDue()) {
      returning.stopWaiting();
      run(waiting.splice(0, size));
    }
  }

  /** How many begin now, together; 0 where none do. */
  function sizeOfDue(): number {
    const size = sizeOfNext(waiting);
    const isFull = size === MOST_IN_GROUP.transfers || size < waiting.length;
    const isDue = isFull ? underWay < MOST_UNDER_WAY : underWay === 0 && size >= returning.expected();
    return isDue ? size : 0;
  }

  function run(members: readonly Waiting[]): void {
    underWay += 1;
    let hasPlace = true;
    const giveUpPlace = () => {
      if (!hasPlace) return;
      hasPlace = false;
      underWay -= 1;
      fill();
    };
    const isAlone = members.length === 1 && deps.grouping === 'adaptive';
    const going = isAlone ? beginEach(deps, members) : beginGroup(deps, members);
    const began = performance.now();
    const answered = (isAnswered: boolean) => {
      if (!isAnswered) return;
      usualMs += (performance.now() - began - usualMs) / 8;
      returning.answered(members.length, waiting.length);
    };
    void going
      .then(answered, (error: unknown) => deps.log.error({ err: error }, 'how a group ended is not known'))
      .finally(giveUpPlace);
    const slowMs = Math.min(SLOW.mostMs, Math.max(SLOW.leastMs, SLOW.timesUsual * usualMs));
    setTimeout(giveUpPlace, slowMs).unref();
  }

  return {
    join(one) {
      waiting.push(one);
      returning.came();
      // What comes in the same turn of the loop can go together.
      if (deps.grouping === 'always') setImmediate(fill);
      else fill();
    },
  };
}

/** How many of those that wait, from the first, have room in one group. */
function sizeOfNext(waiting: readonly Waiting[]): number {
  let idBytes = 0;
  for (const [at, { command }] of waiting.entries()) {
    idBytes += command.resourceId.length + 3;
    if (at === MOST_IN_GROUP.transfers || (at > 0 && idBytes > MOST_IN_GROUP.idBytes)) return at;
  }
  return waiting.length;
}

async function beginAlone(deps: GatherDeps, { command, work }: Wish): Promise<Begun> {
  const recorded = await recordCommand(deps.pool, command, work);
  return { recorded, started: tryToStart(deps, recorded.kind === 'recorded' ? [recorded.command] : []) };
}

/** Each by itself; ends when all of them have ended, or are slow. Answers whether all of them have their answers. */
async function beginEach(deps: GatherDeps, members: readonly Waiting[]): Promise<boolean> {
  const answered = await Promise.all(
    members.map(async ({ command, done, failed }) => {
      try {
        const begun = await beginAlone(deps, { command, work: async () => undefined, gathers: true });
        done(begun);
        if (begun.recorded.kind !== 'recorded') return true;
        return await untilEnded(deps, [begun.recorded.command], begun.started);
      } catch (error) {
        failed(error);
        return true;
      }
    }),
  );
  return answered.every(Boolean);
}

/** All in one workflow; otherwise the same. */
async function beginGroup(deps: GatherDeps, members: readonly Waiting[]): Promise<boolean> {
  const { tenant } = members[0]!.command;
  const groupId = deps.newId();
  const workflowId = groupWorkflowId(tenant, groupId);
  const commands = members.map(({ command }) => ({ ...command, workflowId }));
  let recorded: Recorded[];
  try {
    recorded = await recordGroup(deps.pool, { tenant, groupId, commands });
  } catch (error) {
    if (isOutage(error)) {
      for (const { failed } of members) failed(error);
      return true;
    }
    // One that cannot be recorded keeps no other from it.
    deps.log.warn({ err: error, commands: commands.length }, 'a group was not recorded, each is by itself');
    return beginEach(deps, members);
  }
  const fresh = recorded.flatMap((one) => (one.kind === 'recorded' ? [one.command] : []));
  const started = tryToStart(deps, fresh);
  for (const [at, { done }] of members.entries()) done({ recorded: recorded[at] as Recorded, started });
  return untilEnded(deps, fresh, started);
}

/**
 * Resolves with true when all of these commands, of one workflow, have ended as far as this process hears of it; where no
 * worker is beside it, when their workflow has; and with false when they are slow.
 */
async function untilEnded(
  { announcements, start, watcher }: GatherDeps,
  commands: readonly Command[],
  started: Promise<void>,
): Promise<boolean> {
  const over = new AbortController();
  const stops: (() => void)[] = [];
  const heard = commands.map(
    ({ tenant, commandId }) =>
      new Promise<void>((resolve) => {
        stops.push(announcements.listen(tenant, commandId, () => resolve()));
      }),
  );
  const workflowId = commands[0]?.workflowId ?? null;
  const watch = async () => {
    await started;
    if (workflowId !== null) await watcher.watch(workflowId, over.signal);
  };
  const ended = [Promise.all(heard), ...(start.temporal().eager ? [] : [watch()])];
  const isAnswered = await Promise.race([
    ...ended.map((one) => one.then(() => true)),
    sleep(SLOW.mostMs, false),
  ]);
  over.abort();
  for (const stop of stops) stop();
  return isAnswered;
}

/** A start that fails loses nothing: the commands are recorded, and the sweeper starts them when Temporal is back. */
async function tryToStart(deps: GatherDeps, commands: readonly Command[]): Promise<void> {
  const [first] = commands;
  if (first === undefined) return;
  try {
    const { tenant, workflowId } = first;
    if (workflowId === null || groupOfWorkflow(workflowId) === null) await startWorkflow(deps.start, first);
    else {
      const transferIds = commands.map(({ resourceId }) => resourceId);
      await startGroup(deps.start, { tenant, workflowId, transferIds });
    }
  } catch (error) {
    deps.log.warn(
      { err: error, commandId: first.commandId, commands: commands.length },
      'Temporal did not start the workflow; the sweeper will',
    );
  }
}
