import type { Logger } from '../platform/log.ts';
import type { Pool } from '../platform/postgres.ts';
import { withDeadline } from '../platform/temporal.ts';
import { recordNudge, takeExpectedWorkflows, type WorkflowToCheck } from '../sql/expected-workflows.ts';
import { runPasses } from './passes.ts';
import type { WorkflowStart } from './start-workflow.ts';

export type ReconcilerDeps = {
  readonly pool: Pool;
  readonly log: Logger;
  readonly start: WorkflowStart;
  readonly intervalMs: number;
};

/**
 * Sees to it that every expected workflow runs (timers of schedules, approvals and holds, parked transfers,
 * deliveries): starts what is missing, also after Temporal has lost its state, and signals those that were nudged.
 * Several processes may reconcile at once; each takes other rows. It runs as long as its process, by design.
 */
export function runReconciler(deps: ReconcilerDeps, signal: AbortSignal): Promise<void> {
  return runPasses(
    {
      name: 'reconciler',
      temporal: () => deps.start.temporal().client,
      log: deps.log,
      intervalMs: deps.intervalMs,
      take: (limit) => takeExpectedWorkflows(deps.pool, limit),
      handle: (workflow) => check(deps, workflow),
    },
    signal,
  );
}

/** A workflow that cannot be started keeps no other from it; its own next look comes. */
async function check(deps: ReconcilerDeps, workflow: WorkflowToCheck): Promise<void> {
  const { workflowId } = workflow;
  try {
    await startExpected(deps.start, workflow);
    if (workflow.nudges !== null) await recordNudge(deps.pool, workflow);
  } catch (error) {
    deps.log.warn({ err: error, workflowId }, 'the reconciler could not start a workflow; it tries again');
  }
}

/** Starting one that runs changes nothing; one that has ended although it was expected is run again. */
async function startExpected(start: WorkflowStart, workflow: WorkflowToCheck): Promise<void> {
  const { client } = start.temporal();
  const options = {
    args: [workflow.input],
    taskQueue: start.taskQueue,
    workflowId: workflow.workflowId,
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: workflow.summary,
  } as const;
  const nudge = { signal: 'nudge', signalArgs: [] };
  await withDeadline<unknown>(client, () =>
    workflow.nudges === null
      ? client.workflow.start(workflow.workflowType, options)
      : client.workflow.signalWithStart(workflow.workflowType, { ...options, ...nudge }),
  );
}
