import { createRoute, z } from '@hono/zod-openapi';
import { TRANSFER_STATUSES } from '../../domain/transfer.ts';
import { listBatchItems } from '../../sql/list-batch-items.ts';
import { cutPage, json, pageOf, problems, READ_PROBLEMS } from '../answers.ts';
import { batchIdField } from '../border/batch.ts';
import { decodeCursor, encodeCursor, keepFilters } from '../border/cursor.ts';
import { pageQuery } from '../border/fields.ts';
import { createRouter, type Deps } from '../context.ts';
import { batchItemSchema, batchItemView } from '../views/batch.ts';
import { findBatch } from './transfer-batches.ts';

const filterFields = { status: z.enum(TRANSFER_STATUSES).optional() };
const listCursor = z.strictObject({ ...filterFields, after: z.int().min(0) });

const list = createRoute({
  method: 'get',
  path: '/api/transfer-batches/{id}/items',
  tags: ['transfers'],
  summary: "List a batch's transfers in the order of the request",
  request: {
    params: z.object({ id: batchIdField }),
    query: z.object({ ...pageQuery, ...filterFields }),
  },
  responses: { 200: json('A page of items', pageOf(batchItemSchema)), ...problems(...READ_PROBLEMS, 422) },
});

/** What became of each transfer of a batch. */
export function transferBatchItemRoutes(deps: Deps) {
  return createRouter().openapi(list, async (c) => {
    const { limit, cursor, ...filters } = c.req.valid('query');
    const { batchId } = await findBatch(c, deps, c.req.valid('param').id);
    const { after, ...filter } =
      cursor === undefined
        ? { ...filters, after: -1 }
        : keepFilters(decodeCursor('batch-items', cursor, listCursor), filters);
    const wanted = { status: filter.status ?? null };
    const rows = await listBatchItems(deps.pool, c.get('tenant'), batchId, wanted, {
      limit: limit + 1,
      after,
    });
    const page = cutPage(rows, limit, (last) =>
      encodeCursor('batch-items', { ...filter, after: last.itemNo }),
    );
    return c.json({ ...page, items: page.items.map(batchItemView) }, 200);
  });
}
