import type { Tenant } from '../domain/ids.ts';
import type { PoolClient, Queryable } from '../platform/postgres.ts';

/** Where events are sent to. */
export type Webhook = {
  readonly webhookId: string;
  readonly url: string;
  /** Types of events, or `*` alone. */
  readonly events: readonly string[];
  readonly secret: string;
  readonly createdAt: string;
};

const COLUMNS = `webhook_id as "webhookId", url, events, secret, created_at as "createdAt"`;

/**
 * Inserts a webhook that gets what comes into the log from now on, within the caller's transaction. Answers false
 * where the tenant has `max` of them already. The lock of the feeder's cursor orders the two: a batch of deliveries is
 * made wholly before this webhook, or sees it.
 */
export async function insertWebhook(
  client: PoolClient,
  tenant: Tenant,
  webhook: Webhook,
  max: number,
): Promise<boolean> {
  await client.query({
    name: 'lock-webhook-cursor',
    text: `select from relay_cursors where name = 'webhooks' for update`,
  });
  const { rowCount } = await client.query({
    name: 'insert-webhook',
    text: `insert into webhooks (tenant, webhook_id, url, events, secret, after_position, created_at)
           select $1, $2, $3, $4, $5, position, $6 from log_head
           where (select count(*) from webhooks where tenant = $1 and deleted_at is null) < $7`,
    values: [tenant, webhook.webhookId, webhook.url, webhook.events, webhook.secret, webhook.createdAt, max],
  });
  return rowCount === 1;
}

/** Deletes a webhook; false where there is none. What is pending for it ends with its next attempt. */
export async function deleteWebhook(db: Queryable, tenant: Tenant, webhookId: string): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'delete-webhook',
    text: `update webhooks set deleted_at = now() where tenant = $1 and webhook_id = $2 and deleted_at is null`,
    values: [tenant, webhookId],
  });
  return rowCount === 1;
}

/** One webhook, or undefined. Deleted ones are only found where they are asked for. */
export async function readWebhook(
  db: Queryable,
  tenant: Tenant,
  webhookId: string,
  { deleted = false }: { deleted?: boolean } = {},
): Promise<Webhook | undefined> {
  const { rows } = await db.query<Webhook>({
    name: 'read-webhook',
    text: `select ${COLUMNS} from webhooks
           where tenant = $1 and webhook_id = $2 and ($3 or deleted_at is null)`,
    values: [tenant, webhookId, deleted],
  });
  return rows[0];
}

/** A page of webhooks in the order of their ids, after an id. */
export async function listWebhooks(
  db: Queryable,
  tenant: Tenant,
  page: { limit: number; after: string | null },
): Promise<Webhook[]> {
  const { rows } = await db.query<Webhook>({
    name: 'list-webhooks',
    text: `select ${COLUMNS} from webhooks
           where tenant = $1 and deleted_at is null and ($2::text is null or webhook_id > $2)
           order by webhook_id limit $3`,
    values: [tenant, page.after, page.limit],
  });
  return rows;
}
