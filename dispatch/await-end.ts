import { setTimeout as sleep } from 'node:timers/promises';
import { type TransferId, transferStream } from '../domain/ids.ts';
import type { Pool } from '../platform/postgres.ts';
import { type Command, readCommand } from '../sql/commands.ts';
import type { CommandNews } from '../sql/ledger.ts';
import { readHead } from '../sql/lock-heads.ts';
import type { Announcements } from './announcements.ts';
import type { Answered } from './dispatcher.ts';
import type { TemporalAccess } from './start-workflow.ts';
import type { Watcher } from './watch-workflows.ts';

/** Between two looks at Postgres: soon after the workflow's end was told, else ever more rarely. */
const POLL_MS = { first: 20, longest: 250, untold: 1_000 };
/**
 * The command's end is awaited alone this long: most commands end sooner, and cost no look at Postgres. Where it is told
 * within the process, only a lost reply needs a look at all.
 */
const PATIENCE_MS = { told: 1_000, watched: 250, goesOn: 2_000 };

/** What these do after they are decided belongs to the answer: by then the order's Schedule is as it was asked for. */
const GO_ON: ReadonlySet<Command['type']> = new Set([
  'createStandingOrder',
  'pauseStandingOrder',
  'resumeStandingOrder',
  'deleteStandingOrder',
]);

export type AwaitDeps = {
  readonly pool: Pool;
  readonly temporal: () => TemporalAccess;
  readonly announcements: Announcements;
  readonly watcher: Watcher;
  /** Once it is aborted, every wait ends within a second. */
  readonly hurry?: AbortSignal | undefined;
};

/**
 * Waits until a command is final, or its transfer waits for its time or for a person, at most `waitMs`, and returns
 * it as it stands then. `begin` is what sets it going, null where that was done before. Where the worker is in this
 * process, the transaction that ends the command tells; else the workflow's own end is the quick signal; and where
 * neither does (Temporal is away, its state was wiped, another run does the work), the row in Postgres: that is the
 * authority either way.
 */
export async function awaitEnd(
  deps: AwaitDeps,
  command: Command,
  { waitMs, begin }: { readonly waitMs: number; readonly begin: (() => Promise<unknown>) | null },
): Promise<Answered> {
  const until = Date.now() + waitMs;
  const { ended, stop: stopListening } = listen(deps.announcements, command);
  const stops = [stopListening];
  try {
    if (begin !== null) await Promise.race([ended, begin()]);
    if (waitMs <= 0) return command;
    const goesOn = GO_ON.has(command.type);
    // Only the end of what this process has begun is told in it.
    const isTold = begin !== null && deps.temporal().eager && !goesOn;
    const patienceMs = goesOn
      ? PATIENCE_MS.goesOn
      : isTold
        ? PATIENCE_MS.told
        : isScheduled(command)
          ? POLL_MS.first
          : PATIENCE_MS.watched;
    const firstMs = Math.min(until - Date.now(), patienceMs);
    const { workflowId } = command;
    const watch = async () => {
      if (workflowId === null) return;
      const watching = new AbortController();
      stops.push(() => watching.abort());
      await deps.watcher.watch(workflowId, watching.signal);
    };
    // Beside its worker a command mostly ends before Temporal would tell, and need not ask it.
    const watched = isTold ? null : watch();
    const early = await Promise.race([ended, sleep(firstMs), ...(watched === null ? [] : [watched])]);
    if (early !== undefined) return withNews(command, early);
    return await poll(deps, command, until, ended, watched ?? watch());
  } finally {
    for (const stop of stops) stop();
  }
}

function listen(announcements: Announcements, { tenant, commandId }: Command) {
  let stop = () => {};
  const ended = new Promise<CommandNews>((heard) => {
    stop = announcements.listen(tenant, commandId, heard);
  });
  return { ended, stop };
}

/** Looks at Postgres now and again, and soon after something tells that it is worth it. */
async function poll(
  deps: AwaitDeps,
  command: Command,
  until: number,
  ended: Promise<CommandNews>,
  watched: Promise<void>,
): Promise<Answered> {
  let told = false;
  const end = watched.then(() => {
    told = true;
  });
  for (let pauseMs = POLL_MS.first; ; pauseMs *= 2) {
    const current = await readCommand(deps.pool, command.tenant, command.commandId);
    if (current === undefined) throw new Error(`command ${command.commandId} is gone`);
    const leftMs = deps.hurry?.aborted ? 0 : until - Date.now();
    if (current.status !== 'accepted' || leftMs <= 0 || (await isWaiting(deps.pool, current))) return current;
    const nextMs = Math.min(pauseMs, told ? POLL_MS.longest : POLL_MS.untold, leftMs);
    const heard = await Promise.race([ended, sleep(nextMs), ...(told ? [] : [end])]);
    if (heard !== undefined) return withNews(current, heard);
  }
}

function withNews(command: Command, news: CommandNews): Answered {
  if (news.status === 'waits') return command;
  const { status, refusal, finishedAt, transfer } = news;
  return { ...command, status, refusal, finishedAt, transfer };
}

/** It will wait, most likely: its workflow has no end to tell. */
function isScheduled({ payload }: Command): boolean {
  return 'executeAt' in payload && payload.executeAt !== null;
}

/** True for a transfer that has come to its wait, for its time or for a person: nothing more happens soon. */
async function isWaiting(pool: Pool, { type, tenant, resourceId }: Command): Promise<boolean> {
  if (type !== 'transfer') return false;
  const state = (await readHead(pool, tenant, transferStream(resourceId as TransferId)))?.state;
  return state?.status === 'scheduled' || state?.status === 'awaiting_approval';
}
