import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from '../platform/postgres.ts';
import type { TemporalClient } from '../platform/temporal.ts';
import { type Command, readCommand } from '../sql/commands.ts';

const POLL_MS = { first: 20, longest: 250 };

/**
 * Waits until a command is final, at most `waitMs`, and returns it as it stands then. The workflow's own end is
 * the quick signal; where Temporal does not tell (it is away, its state was wiped, another run does the work),
 * the row in Postgres does: that is the authority either way.
 */
export async function awaitEnd(
  deps: { pool: Pool; client: TemporalClient },
  command: Command,
  waitMs: number,
): Promise<Command> {
  if (waitMs <= 0) return command;
  const until = Date.now() + waitMs;
  if (command.workflowId !== null) await awaitWorkflow(deps.client, command.workflowId, until);
  for (let pauseMs = POLL_MS.first; ; pauseMs = Math.min(pauseMs * 2, POLL_MS.longest)) {
    const current = await readCommand(deps.pool, command.tenant, command.commandId);
    if (current === undefined) throw new Error(`command ${command.commandId} is gone`);
    const leftMs = until - Date.now();
    if (current.status !== 'accepted' || leftMs <= 0) return current;
    await sleep(Math.min(pauseMs, leftMs));
  }
}

/** Any failure here only means that this way of waiting ends: the poll of Postgres goes on. */
async function awaitWorkflow(client: TemporalClient, workflowId: string, until: number): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  await client.connection.withDeadline(until, () => handle.result()).catch(() => undefined);
}
