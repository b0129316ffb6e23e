import { withDeadline } from '../../../platform/temporal.ts';
import { waitFor } from '../../processes.ts';
import { withTemporal } from '../../with-temporal.ts';

const POLL_TIMEOUT_MS = 180_000;

/**
 * Waits until so many workers ask Temporal for workflow tasks: one that says that it started still bundles its workflows.
 * @param address Temporal's own, past any proxy
 */
export async function awaitPollers(address: string, taskQueue: string, count: number): Promise<void> {
  await withTemporal(address, (client) => {
    const look = async () => {
      const request = { namespace: 'default', taskQueue: { name: taskQueue }, taskQueueType: 1 };
      const { pollers } = await withDeadline(client, () => client.workflowService.describeTaskQueue(request));
      return new Set((pollers ?? []).map(({ identity }) => identity)).size >= count;
    };
    return waitFor(`${count} workers to poll ${taskQueue}`, look, POLL_TIMEOUT_MS);
  });
}
