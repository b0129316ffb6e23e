import { createRoute, z } from '@hono/zod-openapi';
import type { CommandRequest } from '../../dispatch/dispatcher.ts';
import { listRuns } from '../../sql/standing-order-runs.ts';
import { COMMAND_PROBLEMS, cutPage, json, pageOf, problems, READ_PROBLEMS } from '../answers.ts';
import { decodeCursor, encodeCursor } from '../border/cursor.ts';
import { pageQuery, reasonField } from '../border/fields.ts';
import { commandAnswerHeaders, commandHeaders, execute } from '../commanding.ts';
import { createRouter, type Deps } from '../context.ts';
import { loadOrder, orderAnswer } from '../load-standing-order.ts';
import { commandSchema, commandView } from '../views/command.ts';
import {
  orderRunSchema,
  orderRunView,
  standingOrderSchema,
  standingOrderView,
} from '../views/standing-order.ts';
import { orderIdField } from './standing-orders.ts';

const params = z.object({ id: orderIdField });
const recorded = {
  ...json('Recorded, not decided yet: follow Location', commandSchema),
  headers: commandAnswerHeaders,
};

const ACTIONS = {
  pause: {
    type: 'pauseStandingOrder',
    summary: 'Pause a standing order: what is due meanwhile is not paid, and not made up for',
  },
  resume: { type: 'resumeStandingOrder', summary: 'Let a paused standing order go on with its next run' },
} as const;

function actionRoute<Name extends keyof typeof ACTIONS>(action: Name) {
  return createRoute({
    method: 'post',
    path: `/api/standing-orders/{id}/${action}`,
    tags: ['standing orders'],
    summary: ACTIONS[action].summary,
    request: {
      params,
      headers: commandHeaders,
      body: {
        required: true,
        content: { 'application/json': { schema: z.strictObject({ reason: reasonField }) } },
      },
    },
    responses: {
      200: { ...json('The order after it', standingOrderSchema), headers: commandAnswerHeaders },
      202: recorded,
      ...problems(...COMMAND_PROBLEMS),
    },
  });
}

const remove = createRoute({
  method: 'delete',
  path: '/api/standing-orders/{id}',
  tags: ['standing orders'],
  summary: 'Delete a standing order',
  description:
    'No run is started any more; what was requested goes on. The order and its runs stay readable.',
  request: { params, headers: commandHeaders },
  responses: {
    204: { description: 'It is deleted', headers: commandAnswerHeaders },
    202: recorded,
    ...problems(400, 404, 422, 503),
  },
});

const runs = createRoute({
  method: 'get',
  path: '/api/standing-orders/{id}/runs',
  tags: ['standing orders'],
  summary: 'The runs of a standing order so far, latest first',
  request: { params, query: z.object(pageQuery) },
  responses: { 200: json('A page of runs', pageOf(orderRunSchema)), ...problems(...READ_PROBLEMS) },
});

const runsCursor = z.strictObject({ before: z.iso.datetime() });

/** What is done about a standing order that is there: pause, resume, delete; and what it has done. */
export function standingOrderActionRoutes(deps: Deps) {
  return createRouter()
    .route('/', actionOf(deps, 'pause'))
    .route('/', actionOf(deps, 'resume'))
    .openapi(remove, async (c) => {
      const { id: orderId } = c.req.valid('param');
      await loadOrder(deps, { tenant: c.get('tenant'), orderId });
      const request: CommandRequest = { type: 'deleteStandingOrder', orderId };
      const headers = c.req.valid('header');
      const command = await execute(c, deps, 'DELETE /api/standing-orders/:id', headers, request);
      const answer = await orderAnswer(c, deps, command);
      return answer === null ? c.json(commandView(command), 202) : c.body(null, 204);
    })
    .openapi(runs, async (c) => {
      const { limit, cursor } = c.req.valid('query');
      const before = cursor === undefined ? null : decodeCursor('runs', cursor, runsCursor).before;
      const order = await loadOrder(deps, { tenant: c.get('tenant'), orderId: c.req.valid('param').id });
      const rows = await listRuns(deps.pool, order, { limit: limit + 1, before });
      const page = cutPage(rows, limit, (last) => encodeCursor('runs', { before: last.scheduledAt }));
      return c.json({ ...page, items: page.items.map(orderRunView) }, 200);
    });
}

function actionOf<Name extends keyof typeof ACTIONS>(deps: Deps, action: Name) {
  return createRouter().openapi(actionRoute(action), async (c) => {
    const { id: orderId } = c.req.valid('param');
    await loadOrder(deps, { tenant: c.get('tenant'), orderId });
    const request = { type: ACTIONS[action].type, orderId, reason: c.req.valid('json').reason };
    const route = `POST /api/standing-orders/:id/${action}`;
    const command = await execute(c, deps, route, c.req.valid('header'), request);
    const answer = await orderAnswer(c, deps, command);
    if (answer === null) return c.json(commandView(command), 202);
    return c.json(standingOrderView(answer.order, answer.moment), 200);
  });
}
