import { createRoute, z } from '@hono/zod-openapi';
import { listEvents } from '../../sql/list-events.ts';
import { cutPage, json, pageOf, problems } from '../answers.ts';
import { decodeCursor, encodeCursor } from '../border/cursor.ts';
import { pageQuery, positionField } from '../border/fields.ts';
import { createRouter, type Deps } from '../context.ts';
import { conflictingFields } from '../problem.ts';
import { eventSchema, eventView } from '../views/event.ts';

const cursorSchema = z.strictObject({ after: positionField });

const query = z.object({
  ...pageQuery,
  after: positionField.optional().openapi({ description: 'Events behind this position' }),
});

const list = createRoute({
  method: 'get',
  path: '/api/events',
  tags: ['events'],
  summary: 'The event store in its global order; follow it with `after` = the last position seen',
  request: { query },
  responses: { 200: json('A page of events', pageOf(eventSchema)), ...problems(400, 422, 503) },
});

/** The event store. */
export function eventRoutes(deps: Deps) {
  return createRouter().openapi(list, async (c) => {
    const { limit, after } = c.req.valid('query');
    const start = startOf(after, c.req.valid('query').cursor);
    const rows = await listEvents(deps.pool, c.get('tenant'), { limit: limit + 1, after: start });
    const page = cutPage(rows, limit, (last) => encodeCursor('events', { after: last.position.toString() }));
    return c.json({ ...page, items: page.items.map(eventView) }, 200);
  });
}

function startOf(after: bigint | undefined, cursor: string | undefined): bigint {
  if (cursor === undefined) return after ?? 0n;
  if (after !== undefined) {
    throw conflictingFields('/query/after', 'cannot be joined with a cursor, which says where to begin');
  }
  return decodeCursor('events', cursor, cursorSchema).after;
}
