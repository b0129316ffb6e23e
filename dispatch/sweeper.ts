import { groupOfWorkflow } from '../domain/workflow-ids.ts';
import type { Logger } from '../platform/log.ts';
import type { Pool } from '../platform/postgres.ts';
import { type Command, takeStragglers } from '../sql/commands.ts';
import { readGroupedTransfers } from '../sql/record-group.ts';
import { runPasses } from './passes.ts';
import { startGroup, startWorkflow, type WorkflowStart } from './start-workflow.ts';

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
export function runSweeper(deps: SweeperDeps, signal: AbortSignal): Promise<void> {
  return runPasses(
    {
      name: 'sweeper',
      temporal: () => deps.start.temporal().client,
      log: deps.log,
      intervalMs: deps.intervalMs,
      take: (limit) => takeStragglers(deps.pool, limit),
      handle: (command) => startStraggler(deps, command),
    },
    signal,
  );
}

/** A transfer that was recorded with others starts with them. */
async function startAgain({ pool, start }: SweeperDeps, command: Command): Promise<boolean> {
  const { tenant, workflowId } = command;
  const groupId = workflowId === null ? null : groupOfWorkflow(workflowId);
  if (workflowId === null || groupId === null) return startWorkflow(start, command);
  const transferIds = await readGroupedTransfers(pool, tenant, groupId);
  return startGroup(start, { tenant, workflowId, transferIds });
}

/** A command that cannot be started keeps no other from it; its own next look comes. */
async function startStraggler(deps: SweeperDeps, command: Command): Promise<void> {
  const { commandId, workflowId } = command;
  try {
    const started = await startAgain(deps, command);
    if (started) deps.log.info({ commandId, workflowId }, 'the sweeper started a command');
    // It ended between two looks, or (if this line repeats) the workflow is of another database's command.
    else
      deps.log.warn(
        { commandId, workflowId },
        'the workflow of a command has ended without deciding it here',
      );
  } catch (error) {
    deps.log.warn(
      { err: error, commandId, workflowId },
      'the sweeper could not start a command; it tries again',
    );
  }
}
