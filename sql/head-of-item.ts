/**
 * Joins rows `i` of batch_items with the head `h` of each one's transfer, null where nothing was decided. One look
 * into the primary key for each, whatever the planner believes: of a tenant that it knows no rows of, it would compare
 * all heads with each item. Queries with it have no name, so that each is planned anew: a plan kept from when the
 * tables were small would scan them.
 */
export const HEAD_OF_ITEM = `left join lateral (
  select stream_id, state from heads
  where tenant = i.tenant and stream_id = 'transfer-' || i.transfer_id limit 1
) as h on true`;
