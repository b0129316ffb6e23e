import type { Client } from '@temporalio/client';

/** What a workflow's history tells of a rollout. */
export type WorkflowStory = {
  /** The builds that it ran in, one after the other. */
  readonly builds: readonly string[];
  /** Whether `patched` marked it as one that takes a changed path. */
  readonly isMarked: boolean;
};

export async function workflowStory(client: Client, workflowId: string): Promise<WorkflowStory> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const builds = (events ?? []).flatMap(
    ({ workflowTaskCompletedEventAttributes: task }) => task?.deploymentVersion?.buildId ?? [],
  );
  const markers = (events ?? []).map((event) => event.markerRecordedEventAttributes?.markerName);
  return { builds: [...new Set(builds)], isMarked: markers.includes('core_patch') };
}
