import { IllegalStateError } from '@temporalio/common';
import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { deliveryTaskQueue } from '../domain/webhook.ts';
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/log.ts';
import { workerVersion } from '../platform/worker-version.ts';
import type { Activities } from './index.ts';
import { workflowBundle } from './workflow-bundle.ts';

/** Many short workflows: enough slots that none waits, few enough that memory stays bounded. */
const MAX_TASKS = 100;

/** Most of a delivery is waiting for its receiver; what comes on top waits in Temporal. */
const MAX_DELIVERIES = 50;

/** The workers of one process. */
export type Workers = {
  /** Resolves once all have been shut down; rejects, after the others have ended too, when one has failed. */
  run(): Promise<void>;
  /** Lets running activities end within the grace time. May be called again. */
  shutdown(): void;
};

/**
 * The Temporal workers: one runs the workflows of `workflows/` (as one script, in a sandbox of their own) and
 * the activities, one sends to webhooks, whose receivers may take their time. `workflowsPath` names another index of
 * workflows than the shipped one.
 */
export async function createWorkers(options: {
  connection: NativeConnection;
  config: Config;
  log: Logger;
  activities: Activities;
  workflowsPath?: string | undefined;
}): Promise<Workers> {
  const { connection, config, log, activities, workflowsPath } = options;
  const common = {
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    ...versioning(config),
    // Activities end by themselves within their own time-outs; what then still hangs is left to its retry.
    shutdownGraceTime: config.SHUTDOWN_GRACE_MS / 2,
    shutdownForceTime: config.SHUTDOWN_GRACE_MS,
  };
  const steps = await Worker.create({
    ...common,
    taskQueue: config.TEMPORAL_TASK_QUEUE,
    workflowBundle: await workflowBundle(workflowsPath),
    activities,
    maxConcurrentWorkflowTaskExecutions: MAX_TASKS,
    maxConcurrentLocalActivityExecutions: MAX_TASKS,
    maxConcurrentActivityTaskExecutions: MAX_TASKS,
  });
  try {
    const deliveries = await Worker.create({
      ...common,
      taskQueue: deliveryTaskQueue(config.TEMPORAL_TASK_QUEUE),
      activities: { deliverWebhook: activities.deliverWebhook },
      maxConcurrentActivityTaskExecutions: MAX_DELIVERIES,
    });
    return together([steps, deliveries], log);
  } catch (error) {
    await release(steps);
    throw error;
  }
}

/** A worker lets go of its connection only when it has run; that it cannot even run is told by what it is released for. */
async function release(worker: Worker): Promise<void> {
  const running = worker.run();
  worker.shutdown();
  await running.catch(() => undefined);
}

/**
 * Every workflow moves on to the current build at its next task, the short ones too: one that were pinned to its
 * build would hold its money in transit when the last process of that build is gone. What a build changes in the
 * order of steps is guarded by `patched`, and replaying the recorded histories proves it.
 */
function versioning(config: Config): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  const version = workerVersion(config);
  if (version === null) return {};
  const defaultVersioningBehavior = 'AUTO_UPGRADE';
  return { workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior } };
}

/**
 * Runs a worker to its end. The SDK may find it still in use for a moment when all its work has ended, and tells that as an
 * error; its .NET kin only warns (temporalio/sdk-dotnet#550). There is nothing left to do then, so it is no failure.
 */
async function runToEnd(worker: Worker, log: Logger): Promise<void> {
  try {
    await worker.run();
  } catch (error) {
    if (!(error instanceof IllegalStateError) || worker.getState() !== 'STOPPED') throw error;
    log.warn({ err: error }, 'a worker had ended, and the SDK still held it');
  }
}

function together(workers: readonly Worker[], log: Logger): Workers {
  const shutdown = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  return {
    shutdown,
    async run() {
      const running = workers.map((worker) => runToEnd(worker, log));
      await Promise.all(running).catch(shutdown);
      await Promise.allSettled(running);
      await Promise.all(running);
    },
  };
}
