import type { Tenant } from '../domain/ids.ts';
import { type DeliveryRound, deliveryWorkflowId } from '../domain/webhook.ts';
import type { PoolClient, Queryable } from '../platform/postgres.ts';
import { expectWorkflows } from './expected-workflows.ts';
import { EVENT_OF_PLACE } from './read-log.ts';

/** Whether the log has places that nobody looked at yet; all of them, before there is a cursor. */
export async function hasUnfed(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ waits: boolean }>({
    name: 'has-unfed-places',
    text: `select coalesce((select position from relay_cursors where name = 'webhooks'), 0)
             < coalesce((select max(position) from log), 0) as waits`,
  });
  return rows[0]?.waits === true;
}

/**
 * Makes the deliveries of the next `limit` places of the log, for the webhooks that want their events, and moves the
 * cursor on: one transaction, so that no event is left out or sent twice for having been looked at twice. Each
 * delivery's workflow is expected from then on. Returns how many places it looked at.
 */
export async function feedWebhooks(client: PoolClient, limit: number): Promise<number> {
  await client.query('begin');
  try {
    const after = await lockCursor(client);
    const looked = await makeDeliveries(client, after, limit);
    await client.query('commit');
    return looked;
  } catch (error) {
    // The caller gives the connection up after an error; that the rollback may fail as well changes nothing.
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

async function lockCursor(client: PoolClient): Promise<bigint> {
  const { rows } = await client.query<{ position: bigint }>({
    name: 'take-webhook-cursor',
    text: `insert into relay_cursors (name, position) values ('webhooks', 0)
           on conflict (name) do update set position = relay_cursors.position
           returning position`,
  });
  if (rows[0] === undefined) throw new Error('an upsert always returns its row');
  return rows[0].position;
}

/** What the statement returns: a row for each delivery made, or one without a delivery where there was none. */
type Row = {
  readonly looked: number;
  readonly tenant: Tenant | null;
  readonly delivery_id: string;
  readonly webhook_id: string;
  readonly event_type: string;
};
type Made = Row & { readonly tenant: Tenant };

/** A statement after the lock: it sees every webhook that was created before. */
async function makeDeliveries(client: PoolClient, after: bigint, limit: number): Promise<number> {
  const { rows } = await client.query<Row>({
    // Without a name, see read-log.ts.
    text: `with page as materialized (
             select * from log where position > $1 order by position limit $2
           ), made as (
             insert into webhook_deliveries
               (tenant, delivery_id, webhook_id, position, stream_id, version, event_type, status)
             select l.tenant, gen_random_uuid()::text, w.webhook_id, l.position, l.stream_id, l.version, e.type, 'pending'
             from page l
             join webhooks w on w.tenant = l.tenant and w.deleted_at is null and w.after_position < l.position
             ${EVENT_OF_PLACE}
             where e.type = any(w.events) or '*' = any(w.events)
             on conflict (tenant, webhook_id, position) do nothing
             returning tenant, delivery_id, webhook_id, event_type
           ), looked as (
             select count(*)::integer as places, max(position) as through from page
           ), moved as (
             update relay_cursors set position = looked.through
             from looked where name = 'webhooks' and looked.places > 0
           )
           select looked.places as looked, made.* from looked left join made on true`,
    values: [after, limit],
  });
  const made = rows.filter((row): row is Made => row.tenant !== null);
  for (const tenant of new Set(made.map((row) => row.tenant))) {
    const workflows = made.filter((row) => row.tenant === tenant).map(firstRound);
    await expectWorkflows(client, tenant, workflows);
  }
  return rows[0]?.looked ?? 0;
}

function firstRound({ tenant, webhook_id: webhookId, delivery_id: deliveryId, event_type }: Made) {
  const input: DeliveryRound = { tenant, webhookId, deliveryId, round: 1 };
  const summary = `${event_type} to webhook ${webhookId}`;
  const workflowId = deliveryWorkflowId(input);
  return { workflowId, workflowType: 'deliverWebhook', input, summary, dueAt: null };
}
