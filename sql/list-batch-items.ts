import type { TransferTerms } from '../domain/events.ts';
import type { Tenant } from '../domain/ids.ts';
import type { Refusal } from '../domain/refusals.ts';
import type { TransferStatus } from '../domain/transfer.ts';
import type { Queryable } from '../platform/postgres.ts';
import { decodeTransferRequest } from './codec.ts';
import { HEAD_OF_ITEM } from './head-of-item.ts';

/** An item of a batch and what became of it so far. */
export type BatchItem = Pick<TransferTerms, 'transferId' | 'from' | 'to' | 'amountMinor' | 'currency'> & {
  readonly itemNo: number;
  readonly status: TransferStatus;
  readonly refusal: Refusal | null;
};

type Row = { item_no: number; request: unknown; status: TransferStatus; refusal: Refusal | null };

/** A page of a batch's items in the order of the request; `after` is the last item number of the page before. */
export async function listBatchItems(
  db: Queryable,
  tenant: Tenant,
  batchId: string,
  filter: { status: TransferStatus | null },
  page: { limit: number; after: number },
): Promise<BatchItem[]> {
  const { rows } = await db.query<Row>({
    // Without a name, see head-of-item.ts.
    text: `select * from (
             select i.item_no, i.request, h.state -> 'refusal' as refusal,
               coalesce(h.state ->> 'status',
                 -- What was past when it was asked for waits for nothing.
                 case when (i.request ->> 'executeAt')::timestamptz > b.created_at then 'scheduled'
                   else 'requested' end) as status
             from batches b
             join batch_items i on i.tenant = b.tenant and i.batch_id = b.batch_id
             ${HEAD_OF_ITEM}
             where b.tenant = $1 and b.batch_id = $2 and i.item_no > $3
           ) as items
           where $4::text is null or status = $4
           order by item_no limit $5`,
    values: [tenant, batchId, page.after, filter.status, page.limit],
  });
  return rows.map(toItem);
}

function toItem(row: Row): BatchItem {
  const { transferId, from, to, amountMinor, currency } = decodeTransferRequest(row.request);
  const { item_no: itemNo, status, refusal } = row;
  return { itemNo, transferId, from, to, amountMinor, currency, status, refusal };
}
