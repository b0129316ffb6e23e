import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { type DeliveryEnd, type DeliveryRound, deliveryTaskQueue } from '../domain/webhook.ts';
import { DELIVERY_RETRY, DELIVERY_TIMEOUT_MS } from './timeouts.ts';

/**
 * Sends an event to a webhook until the receiver takes it or the attempts are used up. Always a regular activity:
 * its retries last hours, and Temporal keeps them without a growing history.
 */
export function deliverWebhook(round: DeliveryRound): Promise<DeliveryEnd> {
  const activities = proxyActivities<Pick<Activities, 'deliverWebhook'>>({
    taskQueue: deliveryTaskQueue(workflowInfo().taskQueue),
    startToCloseTimeout: DELIVERY_TIMEOUT_MS,
    retry: DELIVERY_RETRY,
  });
  return activities.deliverWebhook(round);
}
