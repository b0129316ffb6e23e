import { createRoute, z } from '@hono/zod-openapi';
import { json, problems, READ_PROBLEMS } from '../answers.ts';
import { transferIdField } from '../border/fields.ts';
import { createRouter, type Deps } from '../context.ts';
import { loadTimeline } from '../load-timeline.ts';
import { timelineOf } from '../timeline.ts';
import { timelineSchema } from '../views/timeline.ts';

const timeline = createRoute({
  method: 'get',
  path: '/api/transfers/{id}/timeline',
  tags: ['transfers'],
  summary: 'Every step of a transfer: commands, workflow, events, Kafka deliveries, projections',
  description: `Causes come before effects: events in their global order, each with its delivery and its projection
behind it, and commands around what they led to. Times are of several machines and order nothing. What has not
happened yet is absent.`,
  request: { params: z.object({ id: transferIdField }) },
  responses: { 200: json('The steps so far', timelineSchema), ...problems(...READ_PROBLEMS) },
});

/** How a transfer went, through every part of Remit. */
export function timelineRoutes(deps: Deps) {
  return createRouter().openapi(timeline, async (c) => {
    const { id } = c.req.valid('param');
    const facts = await loadTimeline(deps, c.get('tenant'), id);
    const steps = timelineOf(facts, deps.config);
    return c.json({ transferId: id, steps, truncated: facts.truncated }, 200);
  });
}
