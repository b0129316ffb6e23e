import { createRoute, z } from '@hono/zod-openapi';
import { accountStream } from '../../domain/ids.ts';
import { listStreamEvents } from '../../sql/list-events.ts';
import { cutPage, json, pageOf, problems, READ_PROBLEMS } from '../answers.ts';
import { decodeCursor, encodeCursor, keepFilters } from '../border/cursor.ts';
import { accountIdField, pageQuery } from '../border/fields.ts';
import { createRouter, type Deps } from '../context.ts';
import { requireAccount } from '../load-account.ts';
import { transactionPage, transactionQuery } from '../transaction-page.ts';
import { eventSchema, eventView } from '../views/event.ts';
import { transactionSchema } from '../views/transaction.ts';

const params = z.object({ id: accountIdField });
const eventCursor = z.strictObject({ accountId: z.string(), after: z.int().min(1).max(2_147_483_647) });

const events = createRoute({
  method: 'get',
  path: '/api/accounts/{id}/events',
  tags: ['accounts', 'events'],
  summary: "The account's events, oldest first",
  request: { params, query: z.object(pageQuery) },
  responses: { 200: json('A page of events', pageOf(eventSchema)), ...problems(...READ_PROBLEMS, 422) },
});

const transactions = createRoute({
  method: 'get',
  path: '/api/accounts/{id}/transactions',
  tags: ['accounts'],
  summary: "The account's money movements with the balance before and after each, newest first",
  request: { params, query: transactionQuery },
  responses: {
    200: json('A page of transactions', pageOf(transactionSchema)),
    ...problems(...READ_PROBLEMS, 409, 422),
  },
});

/** What happened to an account: events from the store, transactions from the read tables. */
export function accountHistoryRoutes(deps: Deps) {
  return createRouter()
    .openapi(events, async (c) => {
      const tenant = c.get('tenant');
      const { id } = c.req.valid('param');
      const { limit, cursor } = c.req.valid('query');
      await requireAccount(deps, { tenant, accountId: id, minVersion: undefined });
      const after =
        cursor === undefined
          ? 0
          : keepFilters(decodeCursor('account-events', cursor, eventCursor), { accountId: id }).after;
      const rows = await listStreamEvents(deps.pool, tenant, accountStream(id), { limit: limit + 1, after });
      const page = cutPage(rows, limit, (last) =>
        encodeCursor('account-events', { accountId: id, after: last.version }),
      );
      return c.json({ ...page, items: page.items.map(eventView) }, 200);
    })
    .openapi(transactions, async (c) => {
      const { id } = c.req.valid('param');
      return c.json(await transactionPage(deps, c.get('tenant'), id, c.req.valid('query')), 200);
    });
}
