import { setTimeout as sleep } from 'node:timers/promises';
import { groupOfWorkflow, groupWorkflowId } from '../domain/workflow-ids.ts';
import type { Logger } from '../platform/log.ts';
import { isOutage, type Pool } from '../platform/postgres.ts';
import { type Command, type NewCommand, type Recorded, recordCommand } from '../sql/commands.ts';
import { recordGroup } from '../sql/record-group.ts';
import type { Announcements } from './announcements.ts';
import type { Wish } from './new-command.ts';
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
/** Who was answered together comes back together: so long the next group waits for as many as can be expected. */
const RETURN_MS = 40;
/** A workflow that is slow (an account is held, Temporal is away) makes room for others after this. */
const SLOW_MS = 500;
/** What Temporal takes in one keyword list is 2 KB; every transfer of a group is to be found by its id. */
const MOST_IN_GROUP = { transfers: 50, idBytes: 1_900 };

type Waiting = {
  readonly command: NewCommand;
  readonly done: (begun: Begun) => void;
  readonly failed: (error: unknown) => void;
};

/**
 * Records commands and starts their workflows. While nothing is under way a transfer runs alone at once; those that come
 * then go together when it has ended, or when they are many. As many wait as requests are open: each of them is one.
 */
export function createGatherer(deps: GatherDeps): Gatherer {
  const waiting: Waiting[] = [];
  let underWay = 0;

  /** How many the next group waits for, until the timer says that it has waited enough. */
  let expected = 0;
  let patience: NodeJS.Timeout | undefined;

  function fill(): void {
    while (isDue()) {
      stopExpecting();
      const members = take(waiting);
      underWay += 1;
      void run(members).then((answered) => {
        underWay -= 1;
        if (answered + waiting.length > 1) expect(answered + waiting.length);
        fill();
      });
    }
  }

  function isDue(): boolean {
    if (waiting.length >= MOST_IN_GROUP.transfers) return underWay < MOST_UNDER_WAY;
    return underWay === 0 && waiting.length > 0 && waiting.length >= expected;
  }

  function expect(callers: number): void {
    stopExpecting();
    expected = callers;
    patience = setTimeout(() => {
      expected = 0;
      fill();
    }, RETURN_MS);
  }

  function stopExpecting(): void {
    expected = 0;
    clearTimeout(patience);
  }

  /** How many have their answers at the end: none where it is slow. */
  async function run(members: readonly Waiting[]): Promise<number> {
    const isAlone = members.length === 1 && deps.grouping === 'adaptive';
    const going = isAlone ? beginEach(deps, members) : beginGroup(deps, members);
    return Promise.race([going.then(() => members.length), sleep(SLOW_MS, 0)]);
  }

  return {
    begin(wish) {
      if (deps.grouping === 'never' || !wish.gathers) return beginAlone(deps, wish);
      return new Promise((done, failed) => {
        waiting.push({ command: wish.command, done, failed });
        // What comes in the same turn of the loop can go together.
        if (deps.grouping === 'always') setImmediate(fill);
        else fill();
      });
    },
  };
}

/** The first that waits, and those of its tenant that have room beside it. */
function take(waiting: Waiting[]): Waiting[] {
  const tenant = waiting[0]?.command.tenant;
  const members: Waiting[] = [];
  let idBytes = 0;
  for (let at = 0; at < waiting.length && members.length < MOST_IN_GROUP.transfers; ) {
    const next = waiting[at] as Waiting;
    const bytes = next.command.resourceId.length + 3;
    if (next.command.tenant !== tenant) at += 1;
    else if (members.length > 0 && idBytes + bytes > MOST_IN_GROUP.idBytes) break;
    else {
      idBytes += bytes;
      members.push(...waiting.splice(at, 1));
    }
  }
  return members;
}

async function beginAlone(deps: GatherDeps, { command, work }: Wish): Promise<Begun> {
  const recorded = await recordCommand(deps.pool, command, work);
  return { recorded, started: tryToStart(deps, recorded.kind === 'recorded' ? [recorded.command] : []) };
}

/** Each by itself; ends when all of them have ended. */
async function beginEach(deps: GatherDeps, members: readonly Waiting[]): Promise<void> {
  await Promise.all(
    members.map(async ({ command, done, failed }) => {
      try {
        const begun = await beginAlone(deps, { command, work: async () => undefined, gathers: true });
        done(begun);
        if (begun.recorded.kind === 'recorded')
          await untilEnded(deps, [begun.recorded.command], begun.started);
      } catch (error) {
        failed(error);
      }
    }),
  );
}

/** All in one workflow; ends when all of them have ended. */
async function beginGroup(deps: GatherDeps, members: readonly Waiting[]): Promise<void> {
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
      return;
    }
    // One that cannot be recorded keeps no other from it.
    deps.log.warn({ err: error, commands: commands.length }, 'a group was not recorded, each is by itself');
    return beginEach(deps, members);
  }
  const fresh = recorded.flatMap((one) => (one.kind === 'recorded' ? [one.command] : []));
  const started = tryToStart(deps, fresh);
  for (const [at, { done }] of members.entries()) done({ recorded: recorded[at] as Recorded, started });
  await untilEnded(deps, fresh, started);
}

/**
 * Resolves when all of these commands, of one workflow, have ended as far as this process hears of it; where no worker
 * is beside it, when their workflow has; and when they are slow.
 */
async function untilEnded(
  { announcements, start, watcher }: GatherDeps,
  commands: readonly Command[],
  started: Promise<void>,
): Promise<void> {
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
  await Promise.race([Promise.all(heard), sleep(SLOW_MS), ...(start.temporal().eager ? [] : [watch()])]);
  over.abort();
  for (const stop of stops) stop();
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
