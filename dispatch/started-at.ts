import { setTimeout as sleep } from 'node:timers/promises';
import { type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import { withDeadline } from '../platform/temporal.ts';
import type { WorkflowStart } from './start-workflow.ts';

/** What is only shown is not waited for longer. While Temporal is away its client would go on trying. */
const LOOK_MS = 1_000;

type Starts = Pick<WorkflowStart, 'temporal' | 'log'>;

/**
 * When a command's workflow was last started, by Temporal's clock (ISO 8601, UTC); null where Temporal does not know it, or not
 * any more, or does not answer within a second, and where what it knows under that id only waits for an operator.
 */
export function readStartedAt(starts: Starts, workflowId: string): Promise<string | null> {
  return Promise.race([look(starts, workflowId), sleep(LOOK_MS, null, { ref: false })]);
}

/** Never rejects. */
async function look({ temporal, log }: Starts, workflowId: string): Promise<string | null> {
  try {
    const { client } = temporal();
    const describe = (runId?: string) =>
      withDeadline(client, () => client.workflow.getHandle(workflowId, runId).describe());
    const latest = await describe();
    // It goes on where the command's own workflow has ended: see activities/own-workflow.ts.
    if (latest.type === 'parkedTransfer') return null;
    return (await firstOf(latest, describe)).startTime.toISOString();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError))
      log.debug({ err: error, workflowId }, 'Temporal does not tell when a workflow started');
    return null;
  }
}

/** A workflow that continues as new began with the first of its runs. */
function firstOf(
  latest: WorkflowExecutionDescription,
  describe: (runId: string) => Promise<WorkflowExecutionDescription>,
): Promise<WorkflowExecutionDescription> | WorkflowExecutionDescription {
  const firstRunId = latest.raw.workflowExecutionInfo?.firstRunId;
  return firstRunId && firstRunId !== latest.runId ? describe(firstRunId) : latest;
}
