import { randomUUID } from 'node:crypto';
import type { DeliveryRound } from '../domain/webhook.ts';
import { deliveryWorkflowId } from '../domain/webhook.ts';
import { sequence } from '../sql/sequence.ts';
import { inTransaction } from '../sql/transaction.ts';
import { redeliver } from '../sql/webhook-deliveries.ts';
import { deleteWebhook, insertWebhook } from '../sql/webhooks.ts';
import { createLab, type Lab } from './lab.ts';
import { writeRaw } from './raw-events.ts';
import { type Answers, startReceiver } from './receiver.ts';
import type { Parts } from './saga-paths.ts';

type Walked = { readonly lab: Lab; readonly webhookId: string; readonly round: DeliveryRound };

/** A path through the delivery of an event: what the receiver answers, and what happens meanwhile. */
export type WebhookPath = {
  readonly name: string;
  readonly env?: Record<string, string>;
  readonly answers: Answers;
  /** Once the first attempt is recorded. */
  readonly meanwhile?: (walked: Walked) => Promise<unknown>;
  readonly ends: 'delivered' | 'failed' | 'cancelled' | 'superseded';
};

/** Every path of deliverWebhook. A new path belongs here: its history is then recorded and replayed for ever. */
export const WEBHOOK_PATHS: readonly WebhookPath[] = [
  { name: 'webhook-delivered', answers: [200], ends: 'delivered' },
  { name: 'webhook-delivered-after-failures', answers: [500, 302, 204], ends: 'delivered' },
  { name: 'webhook-failed', env: { WEBHOOK_MAX_ATTEMPTS: '2' }, answers: [500], ends: 'failed' },
  { name: 'webhook-gone', answers: [410], ends: 'failed' },
  {
    name: 'webhook-deleted-while-pending',
    answers: [500],
    meanwhile: ({ lab, webhookId }) => deleteWebhook(lab.pool, lab.tenant, webhookId),
    ends: 'cancelled',
  },
  {
    name: 'webhook-superseded',
    answers: [500],
    meanwhile: ({ lab, webhookId, round }) =>
      inTransaction(lab.pool, (client) => redeliver(client, lab.tenant, webhookId, round.deliveryId)),
    ends: 'superseded',
  },
];

/** Walks a path on real parts. The lab is still open: look at what happened, then close it. */
export async function walkDelivery(path: WebhookPath, parts: Parts) {
  const env = { WEBHOOK_ALLOW_PRIVATE: 'true', ...path.env };
  const lab = await createLab({ ...parts, env });
  const receiver = await startReceiver(path.answers);
  const webhookId = 'hook';
  const deliveryId = await pendingDelivery(lab, webhookId, receiver.url);
  const round = { tenant: lab.tenant, webhookId, deliveryId, round: 1 };
  const workflowId = deliveryWorkflowId(round);
  const taskQueue = lab.config.TEMPORAL_TASK_QUEUE;
  const handle = await lab.client.workflow.start('deliverWebhook', { args: [round], taskQueue, workflowId });
  if (path.meanwhile !== undefined) {
    await firstAttempt(lab, deliveryId);
    await path.meanwhile({ lab, webhookId, round });
  }
  const result: unknown = await handle.result();
  await receiver.close();
  return { lab, handle, result, receiver, deliveryId };
}

/** What the feeder makes, made by hand: a running stack's feeder and reconciler then leave it alone. */
async function pendingDelivery({ pool, tenant }: Lab, webhookId: string, url: string): Promise<string> {
  const deliveryId = randomUUID();
  await inTransaction(pool, (client) => writeRaw(client, { tenant, streamId: 'account-a', version: 1 }));
  const logged = async () =>
    (await pool.query('select position from log where tenant = $1', [tenant])).rows[0]?.position;
  while ((await logged()) === undefined) {
    const client = await pool.connect();
    await sequence(client, 100, 1).finally(() => client.release());
  }
  const secret = 'whsec_of_this_path';
  const webhook = { webhookId, url, events: ['*'], secret, createdAt: new Date().toISOString() };
  await inTransaction(pool, (client) => insertWebhook(client, tenant, webhook, 1));
  await pool.query(
    `insert into webhook_deliveries (tenant, delivery_id, webhook_id, position, stream_id, version, event_type, status)
     values ($1, $2, $3, $4, 'account-a', 1, 'AccountFrozen', 'pending')`,
    [tenant, deliveryId, webhookId, await logged()],
  );
  return deliveryId;
}

async function firstAttempt({ pool, tenant }: Lab, deliveryId: string): Promise<void> {
  const found = () =>
    pool.query('select from webhook_attempts where tenant = $1 and delivery_id = $2', [tenant, deliveryId]);
  while ((await found()).rowCount === 0) await new Promise((done) => setTimeout(done, 20));
}
