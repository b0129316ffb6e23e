import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../platform/log.ts';
import type { Pool } from '../platform/postgres.ts';
import { checkTemporal } from '../platform/temporal.ts';
import { type Command, takeStragglers } from '../sql/commands.ts';
import { startWorkflow, type WorkflowStart } from './start-workflow.ts';

/** Commands started in one pass: a long outage's backlog is worked off in passes, never loaded whole. */
const PASS_SIZE = 200;
/** Starts in flight at once. */
const CONCURRENCY = 20;

export type SweeperDeps = {
  readonly pool: Pool;
  readonly log: Logger;
  readonly start: WorkflowStart;
  readonly intervalMs: number;
};

/**
 * Starts every accepted command that has no end and is due, until `signal` aborts: the ones whose API died
 * between record and start, the ones accepted while Temporal was away, and all that ran when its state was lost.
 * Several processes may sweep at once; each takes other rows. It runs as long as its process, by design.
 */
export async function runSweeper(deps: SweeperDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const found = await pass(deps, signal).catch((error) => {
      deps.log.warn({ err: error }, 'a pass of the sweeper failed; the next one tries again');
      return 0;
    });
    const pauseMs = found === PASS_SIZE ? 0 : deps.intervalMs;
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

/** One pass; returns how many commands it took. Takes none while Temporal is away, so that no wait grows. */
async function pass(deps: SweeperDeps, signal: AbortSignal): Promise<number> {
  await checkTemporal(deps.start.temporal().client);
  const commands = await takeStragglers(deps.pool, PASS_SIZE);
  for (let at = 0; at < commands.length && !signal.aborted; at += CONCURRENCY) {
    await Promise.all(commands.slice(at, at + CONCURRENCY).map((command) => startStraggler(deps, command)));
  }
  if (commands.length > 0) deps.log.info({ commands: commands.length }, 'the sweeper started commands');
  return commands.length;
}

/** A command that cannot be started keeps no other from it; its own next look comes. */
async function startStraggler(deps: SweeperDeps, command: Command): Promise<void> {
  const { commandId, workflowId } = command;
  try {
    if (await startWorkflow(deps.start, command)) return;
    // It ended between two looks, or (if this line repeats) the workflow is of another database's command.
    deps.log.warn({ commandId, workflowId }, 'the workflow of a command has ended without deciding it here');
  } catch (error) {
    deps.log.warn(
      { err: error, commandId, workflowId },
      'the sweeper could not start a command; it tries again',
    );
  }
}
