import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { OrderId } from '../../domain/ids.ts';
import { ORDER_STATUSES, OVERLAPS, timetableOf } from '../../domain/standing-order.ts';
import { runsAfter } from '../../platform/timetable.ts';
import { listStandingOrders } from '../../sql/standing-orders.ts';
import { COMMAND_PROBLEMS, cutPage, json, pageOf, problems, READ_PROBLEMS } from '../answers.ts';
import { decodeCursor, encodeCursor, keepFilters } from '../border/cursor.ts';
import {
  accountIdField,
  amountField,
  currencyField,
  idField,
  metadataField,
  momentField,
  pageQuery,
  readAmount,
  textField,
} from '../border/fields.ts';
import { cronField, durationField } from '../border/recurrence.ts';
import { refuseTogether } from '../border/validation.ts';
import { commandAnswerHeaders, commandHeaders, execute } from '../commanding.ts';
import { type AppEnv, createRouter, type Deps } from '../context.ts';
import { loadOrder, orderAnswer, viewOrders } from '../load-standing-order.ts';
import { conflictingFields, Problem } from '../problem.ts';
import { isRepeat } from '../repeat.ts';
import { standingOrderSchema, standingOrderView } from '../views/standing-order.ts';

export const orderIdField = idField.transform((id) => id as OrderId).openapi({ example: 'rent' });

/** With a time behind it (`rent:2026-08-01T09:00:00Z`) it must still be a transfer's id. */
const MAX_ID_LENGTH = 40;

const createBody = z
  .strictObject({
    id: idField
      .max(MAX_ID_LENGTH, `must have at most ${MAX_ID_LENGTH} characters`)
      .transform((id) => id as OrderId)
      .optional()
      .openapi({ example: 'rent', pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{0,39}$' }),
    from: accountIdField,
    to: accountIdField.openapi({ example: 'bob' }),
    amount: amountField,
    currency: currencyField,
    description: textField(500).optional().openapi({ example: 'Rent' }),
    reference: textField(100).optional().openapi({ example: 'flat 12' }),
    metadata: metadataField.optional(),
    cron: cronField.optional(),
    every: durationField(1_000, '1s').optional().openapi({
      description:
        'A distance, counted from the second in which the order is created; the first run comes one after it',
    }),
    until: momentField
      .optional()
      .openapi({ example: '2099-12-31T23:59:59Z', description: 'No run is due after it' }),
    overlap: z
      .enum(OVERLAPS)
      .default('allow-all')
      .openapi({
        description:
          'What becomes of a run whose predecessor is not final, such as one that waits for its approval. `allow-all` ' +
          'pays all the same, so that no payment is lost; `buffer-one` keeps at most one back until then; `skip` leaves it out',
      }),
    catchUp: durationField(10_000, '10s').optional().openapi({
      description: 'How far back runs missed in a downtime are made up for; left out, all of them are',
    }),
  })
  .openapi({ example: { from: 'alice', to: 'bob', amount: '650.00', currency: 'EUR', cron: '0 9 1 * *' } })
  .transform(({ id, amount, ...body }, ctx) => {
    if ((body.cron === undefined) === (body.every === undefined)) {
      refuseTogether(ctx, ['cron'], 'give either cron or every');
    }
    return {
      ...body,
      type: 'createStandingOrder' as const,
      orderId: id ?? null,
      amountMinor: readAmount(amount, { field: 'amount', currency: body.currency }, ctx),
      description: body.description ?? null,
      reference: body.reference ?? null,
      metadata: body.metadata ?? {},
      cron: body.cron ?? null,
      every: body.every ?? null,
      until: body.until ?? null,
      catchUp: body.catchUp ?? null,
    };
  });

const CREATE = 'POST /api/standing-orders';
const create = createRoute({
  method: 'post',
  path: '/api/standing-orders',
  tags: ['standing orders'],
  summary: 'Pay again and again, by a cron or at equal distances',
  description:
    'Each run records a transfer `<id>:<scheduledAt>`, which may be refused like any other; the order goes on. Runs ' +
    'that were missed in a downtime are made up for, each at most once.',
  request: {
    headers: commandHeaders,
    body: { required: true, content: { 'application/json': { schema: createBody } } },
  },
  responses: {
    201: { ...json('The standing order', standingOrderSchema), headers: commandAnswerHeaders },
    202: {
      ...json('Recorded, not scheduled yet: follow Location', standingOrderSchema),
      headers: commandAnswerHeaders,
    },
    ...problems(...COMMAND_PROBLEMS),
  },
});

const filterFields = { status: z.enum(ORDER_STATUSES).optional(), accountId: idField.optional() };
const listQuery = z.object({ ...pageQuery, ...filterFields });
const listCursor = z.strictObject({ ...filterFields, after: idField });

const list = createRoute({
  method: 'get',
  path: '/api/standing-orders',
  tags: ['standing orders'],
  summary: 'List standing orders by id; `accountId` finds those of either side',
  request: { query: listQuery },
  responses: { 200: json('A page of orders', pageOf(standingOrderSchema)), ...problems(400, 422, 503) },
});

const get = createRoute({
  method: 'get',
  path: '/api/standing-orders/{id}',
  tags: ['standing orders'],
  summary: 'Read a standing order, with its next and its latest runs',
  request: { params: z.object({ id: orderIdField }) },
  responses: { 200: json('The order', standingOrderSchema), ...problems(...READ_PROBLEMS) },
});

/** Standing orders: create, list, read. */
export function standingOrderRoutes(deps: Deps) {
  return createRouter()
    .openapi(create, async (c) => {
      const headers = c.req.valid('header');
      const request = c.req.valid('json');
      if (!(await isRepeat(c, deps, CREATE, headers))) refuseHopeless(deps, request);
      const command = await execute(c, deps, CREATE, headers, request);
      const answer = await orderAnswer(c, deps, command);
      c.header('Location', `/api/standing-orders/${command.resourceId}`);
      if (answer !== null) return c.json(standingOrderView(answer.order, answer.moment), 201);
      return c.json(await viewOne(c, deps, command.resourceId), 202);
    })
    .openapi(list, async (c) => c.json(await orderPage(c, deps, c.req.valid('query')), 200))
    .openapi(get, async (c) => c.json(await viewOne(c, deps, c.req.valid('param').id), 200));
}

/** @throws Problem where no run could ever be, or none could ever pay */
function refuseHopeless(deps: Deps, request: z.infer<typeof createBody>): void {
  if (request.from === request.to)
    throw new Problem('same-account', `Account ${request.from} cannot pay itself.`);
  const now = deps.now();
  const timetable = timetableOf({ ...request, createdAt: now.toISOString() });
  if (runsAfter(timetable, now, 1).length > 0) return;
  throw conflictingFields('/until', 'must lie after the first run');
}

async function viewOne(c: Context<AppEnv>, deps: Deps, orderId: string) {
  const [view] = await viewOrders(deps, [await loadOrder(deps, { tenant: c.get('tenant'), orderId })]);
  if (view === undefined) throw new Error('one order gives one view');
  return view;
}

async function orderPage(c: Context<AppEnv>, deps: Deps, query: z.infer<typeof listQuery>) {
  const { limit, cursor, ...filters } = query;
  const { after, ...filter } =
    cursor === undefined
      ? { ...filters, after: null }
      : keepFilters(decodeCursor('standing-orders', cursor, listCursor), filters);
  const wanted = { status: filter.status ?? null, accountId: filter.accountId ?? null };
  const from = { limit: limit + 1, after, at: deps.now().toISOString() };
  const rows = await listStandingOrders(deps.pool, c.get('tenant'), wanted, from);
  const page = cutPage(rows, limit, (last) =>
    encodeCursor('standing-orders', { ...filter, after: last.orderId }),
  );
  return { ...page, items: await viewOrders(deps, page.items) };
}
