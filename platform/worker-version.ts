import type { Config } from './config.ts';
import { type TemporalClient, withDeadline } from './temporal.ts';

/** A build of the workers. Temporal hands it work while it is its deployment's current version. */
export type WorkerVersion = { readonly deploymentName: string; readonly buildId: string };

const TASK_QUEUE_TYPE_WORKFLOW = 1;

/** The version that the configuration names; null where the workers are not versioned. */
export function workerVersion({
  TEMPORAL_DEPLOYMENT_NAME: deploymentName,
  TEMPORAL_BUILD_ID: buildId,
}: Pick<Config, 'TEMPORAL_DEPLOYMENT_NAME' | 'TEMPORAL_BUILD_ID'>): WorkerVersion | null {
  return buildId === undefined ? null : { deploymentName, buildId };
}

/** Whether new workflows of this task queue go to that version. */
export async function isCurrentVersion(
  client: TemporalClient,
  taskQueue: string,
  { deploymentName, buildId }: WorkerVersion,
): Promise<boolean> {
  const { versioningInfo } = await withDeadline(client, () =>
    client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: TASK_QUEUE_TYPE_WORKFLOW,
    }),
  );
  const current = versioningInfo?.currentDeploymentVersion;
  return current?.deploymentName === deploymentName && current.buildId === buildId;
}

/**
 * Makes a version current: from now on it gets new workflows, and the next task of every running one.
 * @returns the build that was current before, null where none was.
 * @throws where Temporal does not know the version yet, or where it does not poll all the queues of the last one.
 */
export async function makeCurrentVersion(
  client: TemporalClient,
  { deploymentName, buildId }: WorkerVersion,
): Promise<string | null> {
  const { previousDeploymentVersion } = await withDeadline(client, () =>
    client.workflowService.setWorkerDeploymentCurrentVersion({
      namespace: client.options.namespace,
      deploymentName,
      buildId,
    }),
  );
  return previousDeploymentVersion?.buildId || null;
}
