import type { Tenant } from '../domain/ids.ts';
import { type DeliveryStatus, deliveryWorkflowId } from '../domain/webhook.ts';
import type { PoolClient, Queryable } from '../platform/postgres.ts';
import { expectWorkflows, forgetWorkflows } from './expected-workflows.ts';

/** An attempt to send an event: with the answer's status code, or without an answer and why. */
export type Attempt = {
  readonly attempt: number;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly statusCode: number | null;
  readonly error: string | null;
};

/** An event on its way to a webhook. */
export type Delivery = {
  readonly deliveryId: string;
  readonly position: bigint;
  readonly eventType: string;
  readonly status: DeliveryStatus;
  readonly round: number;
  /** How many attempts there were; `lastAttempts` are the newest of them, newest first. */
  readonly attempts: number;
  readonly lastAttempts: readonly Attempt[];
  readonly createdAt: string;
  readonly finishedAt: string | null;
};

/** Redeliveries make attempts grow without end; a page shows the newest of each delivery. */
const SHOWN_ATTEMPTS = 25;

const DELIVERY = `d.delivery_id as "deliveryId", d.position, d.event_type as "eventType", d.status, d.round, d.attempts,
  d.created_at as "createdAt", d.finished_at as "finishedAt", a.list as "lastAttempts"`;

/** Times within JSON are written as the pool's parser writes them elsewhere. */
const SHOWN = `left join lateral (
    select coalesce(jsonb_agg(jsonb_build_object('attempt', attempt,
      'startedAt', to_char(started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'durationMs', duration_ms, 'statusCode', status_code, 'error', error) order by attempt desc), '[]') as list
    from webhook_attempts
    where tenant = d.tenant and delivery_id = d.delivery_id and attempt > d.attempts - ${SHOWN_ATTEMPTS}
  ) a on true`;

/** A page of a webhook's deliveries, newest event first; `before` is the last position of the page before. */
export async function listDeliveries(
  db: Queryable,
  tenant: Tenant,
  webhookId: string,
  page: { limit: number; before: bigint | null },
): Promise<Delivery[]> {
  const { rows } = await db.query<Delivery>({
    name: 'list-deliveries',
    text: `select ${DELIVERY} from webhook_deliveries d ${SHOWN}
           where d.tenant = $1 and d.webhook_id = $2 and ($3::bigint is null or d.position < $3)
           order by d.position desc limit $4`,
    values: [tenant, webhookId, page.before, page.limit],
  });
  return rows;
}

/** One delivery of a webhook, or undefined. */
export async function readDelivery(
  db: Queryable,
  tenant: Tenant,
  webhookId: string,
  deliveryId: string,
): Promise<Delivery | undefined> {
  const { rows } = await db.query<Delivery>({
    name: 'read-delivery',
    text: `select ${DELIVERY} from webhook_deliveries d ${SHOWN}
           where d.tenant = $1 and d.webhook_id = $2 and d.delivery_id = $3`,
    values: [tenant, webhookId, deliveryId],
  });
  return rows[0];
}

/**
 * Begins a new round of attempts, whatever became of the round before, within the caller's transaction. Answers false
 * where the webhook has no such delivery, or is deleted.
 */
export async function redeliver(
  client: PoolClient,
  tenant: Tenant,
  webhookId: string,
  deliveryId: string,
): Promise<boolean> {
  const { rows } = await client.query<{ round: number; event_type: string }>({
    name: 'redeliver',
    text: `update webhook_deliveries d
           set status = 'pending', round = round + 1, tries = 0, finished_at = null
           from webhooks w
           where d.tenant = $1 and d.webhook_id = $2 and d.delivery_id = $3
             and w.tenant = d.tenant and w.webhook_id = d.webhook_id and w.deleted_at is null
           returning d.round, d.event_type`,
    values: [tenant, webhookId, deliveryId],
  });
  const begun = rows[0];
  if (begun === undefined) return false;
  const input = { tenant, webhookId, deliveryId, round: begun.round };
  await forgetWorkflows(client, tenant, [deliveryWorkflowId({ ...input, round: begun.round - 1 })]);
  const summary = `${begun.event_type} to webhook ${webhookId}, round ${begun.round}`;
  const workflowId = deliveryWorkflowId(input);
  const workflow = { workflowId, workflowType: 'deliverWebhook', input, summary, dueAt: null };
  await expectWorkflows(client, tenant, [workflow]);
  return true;
}
