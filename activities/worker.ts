import { fileURLToPath } from 'node:url';
import { type NativeConnection, Worker } from '@temporalio/worker';
import type { Config } from '../platform/config.ts';
import type { Activities } from './index.ts';

/** Many short workflows: enough slots that none waits, few enough that memory stays bounded. */
const MAX_TASKS = 100;

/**
 * The Temporal worker: runs the workflows of `workflows/` (bundled from their path into their own sandbox) and
 * the activities. `run()` it, and `shutdown()` to let running activities end within the grace time.
 */
export function createWorker(options: {
  connection: NativeConnection;
  config: Config;
  activities: Activities;
}): Promise<Worker> {
  const { connection, config } = options;
  return Worker.create({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: config.TEMPORAL_TASK_QUEUE,
    workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
    activities: options.activities,
    maxConcurrentWorkflowTaskExecutions: MAX_TASKS,
    maxConcurrentLocalActivityExecutions: MAX_TASKS,
    maxConcurrentActivityTaskExecutions: MAX_TASKS,
    // Activities end by themselves within their own time-outs; what then still hangs is left to its retry.
    shutdownGraceTime: config.SHUTDOWN_GRACE_MS / 2,
    shutdownForceTime: config.SHUTDOWN_GRACE_MS,
  });
}
