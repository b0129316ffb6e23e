import type { CommandId, Tenant } from '../domain/ids.ts';
import type { BatchRange, GroupRange, ItemRange } from '../domain/item-ranges.ts';
import { type Refusal, refusal } from '../domain/refusals.ts';
import type { WireItem } from '../domain/saga.ts';
import { groupWorkflowId } from '../domain/workflow-ids.ts';
import type { Queryable } from '../platform/postgres.ts';
import { HEAD_OF_ITEM } from './head-of-item.ts';

/** What was asked for of one transfer, in wire form: the payload of its command, or a batch's item. */
export type BatchRequest = Omit<WireItem, 'commandId' | 'batchId' | 'actor'>;

/** An item that waited (for its time, or for a person) goes on in a workflow of its own. */
const NOT_WAITING = `(h.state ->> 'executeAt') is null and (h.state ->> 'approval') is null`;

/** Which items of a range, by their heads `h`. */
const WHICH = {
  open: `(h.stream_id is null
          or (coalesce(h.state ->> 'status', 'requested') in ('requested', 'debited') and ${NOT_WAITING}))`,
  debited: `h.state ->> 'status' = 'debited' and ${NOT_WAITING}`,
} as const;

/** The items that have not ended and do not wait: nothing was decided of them, or their money is on its way. */
export function readOpenItems(db: Queryable, range: ItemRange): Promise<WireItem[]> {
  return readItems(db, range, 'open');
}

/** The items whose money has left its source and not arrived. */
export function readDebitedItems(db: Queryable, range: ItemRange): Promise<WireItem[]> {
  return readItems(db, range, 'debited');
}

function readItems(db: Queryable, range: ItemRange, which: keyof typeof WHICH): Promise<WireItem[]> {
  return 'groupId' in range ? readOfGroup(db, range, which) : readOfBatch(db, range, which);
}

/** Those of the group's commands that have not moved on to a workflow of their own. */
async function readOfGroup(
  db: Queryable,
  { tenant, groupId }: GroupRange,
  which: keyof typeof WHICH,
): Promise<WireItem[]> {
  const { rows } = await db.query<{ request: BatchRequest; command_id: CommandId; principal: string }>({
    // Without a name, see head-of-item.ts.
    text: `select i.request, i.command_id, i.principal
           from (
             select c.tenant, c.command_id, c.principal, c.payload as request, c.resource_id as transfer_id,
               array_position(g.command_ids, c.command_id) as place
             from transfer_groups g
             join commands c on c.tenant = g.tenant and c.command_id = any(g.command_ids)
             where g.tenant = $1 and g.group_id = $2 and c.workflow_id = $3
           ) as i
           ${HEAD_OF_ITEM}
           where ${WHICH[which]}
           order by i.place`,
    values: [tenant, groupId, groupWorkflowId(tenant, groupId)],
  });
  return rows.map(({ request, command_id: commandId, principal: actor }) => ({
    ...request,
    commandId,
    actor,
  }));
}

async function readOfBatch(
  db: Queryable,
  { tenant, batch, from, to }: BatchRange,
  which: keyof typeof WHICH,
): Promise<WireItem[]> {
  const { rows } = await db.query<{ request: BatchRequest }>({
    // Without a name, see head-of-item.ts.
    text: `select i.request
           from batch_items i
           ${HEAD_OF_ITEM}
           where i.tenant = $1 and i.batch_id = $2 and i.item_no >= $3 and i.item_no < $4 and ${WHICH[which]}
           order by i.item_no`,
    values: [tenant, batch.batchId, from, to],
  });
  return rows.map(({ request }) => ({ ...request, ...batch }));
}

/** What a batch asked for of this transfer, for `decodeTransferRequest`; undefined where no batch did. */
export async function readBatchRequest(
  db: Queryable,
  tenant: Tenant,
  transferId: string,
): Promise<unknown | undefined> {
  const { rows } = await db.query<{ request: unknown }>({
    name: 'read-batch-request',
    text: `select request from batch_items where tenant = $1 and transfer_id = $2`,
    values: [tenant, transferId],
  });
  return rows[0]?.request;
}

/** Those of these batches that were cancelled, each with what its items are told. */
export async function readCancelledBatches(
  db: Queryable,
  tenant: Tenant,
  batchIds: readonly string[],
): Promise<ReadonlyMap<string, Refusal>> {
  if (batchIds.length === 0) return new Map();
  const { rows } = await db.query<{ batch_id: string; cancel_reason: string }>({
    name: 'read-cancelled-batches',
    text: `select batch_id, cancel_reason from batches
           where tenant = $1 and batch_id = any($2) and cancelled_at is not null`,
    values: [tenant, batchIds],
  });
  return new Map(
    rows.map((row) => [row.batch_id, refusal('cancelled', `The batch was cancelled: ${row.cancel_reason}`)]),
  );
}
