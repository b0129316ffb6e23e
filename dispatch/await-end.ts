import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TransferId, transferStream } from '../domain/ids.ts';
import type { Pool } from '../platform/postgres.ts';
import type { TemporalClient } from '../platform/temporal.ts';
import { type Command, readCommand } from '../sql/commands.ts';
import { readHead } from '../sql/lock-heads.ts';

/** Between two looks at Postgres: soon after the workflow's end was told, else ever more rarely. */
const POLL_MS = { first: 20, longest: 250, untold: 1_000 };
/** The workflow's end is awaited alone this long: most commands end sooner, and cost one look at Postgres. */
const PATIENCE_MS = 250;

/**
 * Waits until a command is final, or its transfer waits for its time or for a person, at most `waitMs`, and returns
 * it as it stands then. The workflow's own end is the quick signal; where Temporal does not tell (it is away, its
 * state was wiped, another run does the work), the row in Postgres does: that is the authority either way.
 * Once `hurry` is aborted it returns within a second.
 */
export async function awaitEnd(
  deps: { pool: Pool; client: TemporalClient; hurry?: AbortSignal | undefined },
  command: Command,
  waitMs: number,
): Promise<Command> {
  if (waitMs <= 0) return command;
  const until = Date.now() + waitMs;
  const watching = new AbortController();
  // The SDK adds a listener for each call that it tries, and removes none; they go with this wait.
  setMaxListeners(0, watching.signal);
  let told = false;
  const end = watchWorkflow(deps.client, command, until, watching.signal).then(() => {
    told = true;
  });
  try {
    await Promise.race([end, sleep(Math.min(waitMs, isScheduled(command) ? POLL_MS.first : PATIENCE_MS))]);
    for (let pauseMs = POLL_MS.first; ; pauseMs *= 2) {
      const current = await readCommand(deps.pool, command.tenant, command.commandId);
      if (current === undefined) throw new Error(`command ${command.commandId} is gone`);
      const leftMs = deps.hurry?.aborted ? 0 : until - Date.now();
      if (current.status !== 'accepted' || leftMs <= 0 || (await isWaiting(deps.pool, current)))
        return current;
      const nextMs = Math.min(pauseMs, told ? POLL_MS.longest : POLL_MS.untold, leftMs);
      await Promise.race([...(told ? [] : [end]), sleep(nextMs)]);
    }
  } finally {
    watching.abort();
  }
}

/** Any failure here only means that this way of waiting ends: the poll of Postgres goes on. */
async function watchWorkflow(
  client: TemporalClient,
  { workflowId }: Command,
  until: number,
  signal: AbortSignal,
): Promise<void> {
  if (workflowId === null) return;
  const result = () => client.workflow.getHandle(workflowId).result();
  await client.connection
    .withDeadline(until, () => client.connection.withAbortSignal(signal, result))
    .catch(() => undefined);
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
