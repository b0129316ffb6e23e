import { type DeliveryRound, type DeliveryStatus, deliveryWorkflowId } from '../domain/webhook.ts';
import type { Pool, PoolClient, Queryable } from '../platform/postgres.ts';
import type { LoggedEvent } from './codec.ts';
import { forgetWorkflows } from './expected-workflows.ts';
import { LOG_COLUMNS, type LogRow, toLoggedEvent } from './read-log.ts';
import { inTransaction } from './transaction.ts';
import type { Attempt } from './webhook-deliveries.ts';

/** What an attempt needs to know. */
export type DeliveryTask = {
  readonly status: DeliveryStatus;
  readonly round: number;
  /** Attempts of this round so far. */
  readonly tries: number;
  readonly url: string;
  readonly secret: string;
  /** The webhook was deleted meanwhile. */
  readonly deleted: boolean;
  readonly event: LoggedEvent;
};

type Row = Omit<DeliveryTask, 'event'> & LogRow;

/** What is to be sent and where to, or undefined where there is no such delivery (another store's). */
export async function readDeliveryTask(
  db: Queryable,
  { tenant, deliveryId }: DeliveryRound,
): Promise<DeliveryTask | undefined> {
  const { rows } = await db.query<Row>({
    name: 'read-delivery-task',
    text: `select d.status, d.round, d.tries, w.url, w.secret, w.deleted_at is not null as deleted, ${LOG_COLUMNS}
           from webhook_deliveries d
           join webhooks w on w.tenant = d.tenant and w.webhook_id = d.webhook_id
           join events e on e.tenant = d.tenant and e.stream_id = d.stream_id and e.version = d.version
           join log l on l.tenant = d.tenant and l.stream_id = d.stream_id and l.version = d.version
           where d.tenant = $1 and d.delivery_id = $2`,
    values: [tenant, deliveryId],
  });
  const row = rows[0];
  if (row === undefined) return undefined;
  const { status, round, tries, url, secret, deleted } = row;
  return { status, round, tries, url, secret, deleted, event: toLoggedEvent(row) };
}

/**
 * Records an attempt and what it makes of the delivery; with its end the workflow is expected no longer. An attempt
 * of a round that is over is recorded too, and changes nothing else.
 */
export function recordAttempt(
  pool: Pool,
  delivery: DeliveryRound,
  attempt: Omit<Attempt, 'attempt'>,
  status: DeliveryStatus,
): Promise<void> {
  return inTransaction(pool, async (client) => {
    // The update locks the delivery, so that two attempts at once get different numbers.
    const { rows } = await client.query<{ attempts: number; current: boolean }>({
      name: 'count-attempt',
      text: `update webhook_deliveries d
             set attempts = attempts + 1,
               tries = case when was.current then tries + 1 else tries end,
               status = case when was.current then $4 else d.status end,
               finished_at = case when was.current and $4 <> 'pending' then now() else finished_at end
             from (select tenant, delivery_id, round = $3 and status = 'pending' as current
                   from webhook_deliveries where tenant = $1 and delivery_id = $2 for update) as was
             where d.tenant = was.tenant and d.delivery_id = was.delivery_id
             returning d.attempts, was.current`,
      values: [delivery.tenant, delivery.deliveryId, delivery.round, status],
    });
    const counted = rows[0];
    if (counted === undefined) throw new Error(`delivery ${delivery.deliveryId} is gone`);
    await insertAttempt(client, delivery, { ...attempt, attempt: counted.attempts });
    if (counted.current && status !== 'pending') await forget(client, delivery);
  });
}

async function insertAttempt(client: PoolClient, delivery: DeliveryRound, attempt: Attempt): Promise<void> {
  await client.query({
    name: 'insert-attempt',
    text: `insert into webhook_attempts
             (tenant, delivery_id, attempt, round, started_at, duration_ms, status_code, error)
           values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    values: [
      delivery.tenant,
      delivery.deliveryId,
      attempt.attempt,
      delivery.round,
      attempt.startedAt,
      attempt.durationMs,
      attempt.statusCode,
      attempt.error,
    ],
  });
}

/** Ends a pending delivery without an attempt: its webhook is deleted. */
export function cancelDelivery(pool: Pool, delivery: DeliveryRound): Promise<void> {
  return inTransaction(pool, async (client) => {
    await client.query({
      name: 'cancel-delivery',
      text: `update webhook_deliveries set status = 'cancelled', finished_at = now()
             where tenant = $1 and delivery_id = $2 and round = $3 and status = 'pending'`,
      values: [delivery.tenant, delivery.deliveryId, delivery.round],
    });
    await forget(client, delivery);
  });
}

function forget(client: PoolClient, delivery: DeliveryRound): Promise<void> {
  return forgetWorkflows(client, delivery.tenant, [deliveryWorkflowId(delivery)]);
}
