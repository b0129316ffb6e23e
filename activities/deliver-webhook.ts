import { ApplicationFailure } from '@temporalio/common';
import { type DeliveryEnd, type DeliveryRound, deliveryBackoffMs, judgeAttempt } from '../domain/webhook.ts';
import { type Posted, postJson } from '../platform/post-json.ts';
import { signWebhook } from '../platform/webhook-signature.ts';
import {
  cancelDelivery,
  type DeliveryTask,
  readDeliveryTask,
  recordAttempt,
} from '../sql/delivery-attempts.ts';
import { eventJson } from '../sql/event-json.ts';
import type { ActivityDeps } from './deps.ts';

/** A receiver has this long for everything. Below the activity's own time-out, with room for Postgres. */
const REQUEST_TIMEOUT_MS = 10_000;
/** Requests of one process to one webhook at once: a receiver that hangs must leave room for the others. */
const MAX_IN_FLIGHT = 5;

/**
 * One attempt of a round: sends the event and records how it went. Answers with the round's end, or throws, and
 * Temporal tries again: after the delivery's own backoff where the receiver failed, sooner where we did.
 * The receiver may get an event twice (`Remit-Delivery` is the same then), for an attempt may end unrecorded.
 */
export function createDeliverWebhook(deps: ActivityDeps) {
  const inFlight = new Map<string, number>();
  return async (round: DeliveryRound): Promise<DeliveryEnd> => {
    const webhook = `${round.tenant}/${round.webhookId}`;
    const others = inFlight.get(webhook) ?? 0;
    // Before anything is read: of a webhook with thousands of events most of the attempts end here.
    if (others >= MAX_IN_FLIGHT) throw failure('enough requests to this webhook are under way');
    inFlight.set(webhook, others + 1);
    try {
      return await deliver(deps, round);
    } finally {
      const left = (inFlight.get(webhook) ?? 1) - 1;
      if (left > 0) inFlight.set(webhook, left);
      else inFlight.delete(webhook);
    }
  };
}

async function deliver(deps: ActivityDeps, round: DeliveryRound): Promise<DeliveryEnd> {
  const task = await readDeliveryTask(deps.pool, round);
  if (task === undefined || task.round !== round.round) return 'superseded';
  if (task.status !== 'pending') return task.status;
  if (task.deleted) {
    await cancelDelivery(deps.pool, round);
    return 'cancelled';
  }
  return attempt(deps, round, task);
}

async function attempt(
  { pool, webhooks, now }: ActivityDeps,
  round: DeliveryRound,
  task: DeliveryTask,
): Promise<DeliveryEnd> {
  const startedAt = now();
  const posted = await send(round, task, startedAt, webhooks.allowPrivate);
  const tries = task.tries + 1;
  const status = judgeAttempt(posted.statusCode, tries, webhooks.maxAttempts);
  const durationMs = Math.max(0, now().getTime() - startedAt.getTime());
  await recordAttempt(pool, round, { startedAt: startedAt.toISOString(), durationMs, ...posted }, status);
  if (status !== 'pending') return status;
  throw failure(posted.error ?? `the receiver answered ${posted.statusCode}`, deliveryBackoffMs(tries));
}

function send(round: DeliveryRound, task: DeliveryTask, at: Date, allowPrivate: boolean): Promise<Posted> {
  const body = JSON.stringify(eventJson(task.event));
  return postJson({
    url: task.url,
    body,
    timeoutMs: REQUEST_TIMEOUT_MS,
    allowPrivate,
    headers: {
      'Remit-Signature': signWebhook(task.secret, body, at),
      'Remit-Delivery': round.deliveryId,
      'Remit-Event': task.event.type,
    },
  });
}

/** Without a delay of its own the next attempt comes by DELIVERY_RETRY of workflows/timeouts.ts. */
function failure(message: string, nextRetryDelay?: number): ApplicationFailure {
  const type = 'NotDelivered';
  return ApplicationFailure.create({ type, message, ...(nextRetryDelay && { nextRetryDelay }) });
}
