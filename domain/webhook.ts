import type { Tenant } from './ids.ts';

/** One round of attempts to send an event to a webhook: the workflow's input. */
export type DeliveryRound = {
  readonly tenant: Tenant;
  readonly webhookId: string;
  readonly deliveryId: string;
  /** 1, and one more with each redelivery. */
  readonly round: number;
};

export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed', 'cancelled'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** Where requests may go, and how often a round tries. */
export type DeliveryPolicy = { readonly allowPrivate: boolean; readonly maxAttempts: number };

/** How a round ends. Superseded: a redelivery has begun a new one. */
export type DeliveryEnd = Exclude<DeliveryStatus, 'pending'> | 'superseded';

/** The workflow of a round; one of its own for each, so that a new round never meets the end of an old one. */
export function deliveryWorkflowId({ tenant, deliveryId, round }: Omit<DeliveryRound, 'webhookId'>): string {
  const first = `${tenant}/webhook/${deliveryId}`;
  return round === 1 ? first : `${first}/${round}`;
}

/**
 * Where deliveries wait for a worker: in a queue beside that of the workflows, so that receivers which hang hold up no
 * step of a transfer.
 */
export function deliveryTaskQueue(taskQueue: string): string {
  return `${taskQueue}-webhooks`;
}

const BACKOFF_MS = { first: 1_000, longest: 3_600_000 };

/** Milliseconds from a failed attempt to the next: 1 s after the first, doubled each time up to an hour. */
export function deliveryBackoffMs(tries: number): number {
  return Math.min(BACKOFF_MS.longest, BACKOFF_MS.first * 2 ** Math.min(tries - 1, 30));
}

/** What an attempt makes of a delivery: 2xx is delivered, 410 (Gone) and the last attempt end it, the rest waits. */
export function judgeAttempt(statusCode: number | null, tries: number, maxTries: number): DeliveryStatus {
  if (statusCode !== null && statusCode >= 200 && statusCode < 300) return 'delivered';
  return statusCode === 410 || tries >= maxTries ? 'failed' : 'pending';
}
