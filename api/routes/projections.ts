import { createRoute, z } from '@hono/zod-openapi';
import { type ProjectionStatus, readProjections } from '../../sql/read-projections.ts';
import { requestRebuild } from '../../sql/request-rebuild.ts';
import { json, problems } from '../answers.ts';
import { idField, timeAnswer } from '../border/fields.ts';
import { parsePrefer } from '../border/prefer.ts';
import { commandHeaders } from '../commanding.ts';
import { createRouter, type Deps } from '../context.ts';
import { Problem } from '../problem.ts';
import { positionView } from '../views/account.ts';

const NAMES = ['balances', 'transactions', 'transfers', 'journal'] as const;

const projectionSchema = z
  .strictObject({
    name: z.enum(NAMES),
    position: z.int().openapi({ description: 'Every event up to here is applied' }),
    lag: z.strictObject({
      events: z.int().openapi({ description: 'Committed events that are not applied yet' }),
      ms: z.int().openapi({ description: 'Age of the oldest of them' }),
    }),
    ratePerSecond: z.number(),
    rebuild: z
      .strictObject({
        id: z.string(),
        status: z.enum(['requested', 'running', 'completed', 'failed']),
        progress: z.number().openapi({ example: 0.25, description: '0 to 1' }),
        error: z.string().nullable(),
        startedAt: timeAnswer.nullable(),
        finishedAt: timeAnswer.nullable(),
      })
      .nullable(),
  })
  .openapi('Projection');

const projectionsSchema = z.strictObject({ items: z.array(projectionSchema), nextCursor: z.null() });

const list = createRoute({
  method: 'get',
  path: '/api/projections',
  tags: ['operation'],
  summary: 'Where each projection stands: position, lag, rate, rebuild',
  responses: { 200: json('All of them', projectionsSchema), ...problems(400, 503) },
});

const rebuild = createRoute({
  method: 'post',
  path: '/api/projections/{name}/rebuild',
  tags: ['operation'],
  summary: 'Build a projection anew from the event store, beside the live one; joins a rebuild that runs',
  request: {
    params: z.object({ name: idField.openapi({ example: 'balances' }) }),
    headers: commandHeaders,
    body: { content: { 'application/json': { schema: z.strictObject({}) } } },
  },
  responses: {
    202: {
      ...json('Recorded; Location tells the progress', projectionSchema),
      headers: z.object({ Location: z.string().openapi({ example: '/api/projections' }) }),
    },
    ...problems(400, 404, 413, 415, 503),
  },
});

/** The read side's own state. */
export function projectionRoutes(deps: Deps) {
  const read = () => readProjections(deps.readPool, deps.pool, deps.now());
  return createRouter()
    .openapi(list, async (c) => c.json({ items: (await read()).map(projectionView), nextCursor: null }, 200))
    .openapi(rebuild, async (c) => {
      const { name } = c.req.valid('param');
      const { 'Idempotency-Key': key, Prefer: prefer } = c.req.valid('header');
      // A rebuild is never waited for, so a preference can only be malformed.
      parsePrefer(prefer, 0);
      const earlier = (await read()).find((candidate) => candidate.name === name);
      if (earlier === undefined) throw new Problem('not-found', `There is no projection ${name}.`);
      c.header('Location', '/api/projections');
      if (key !== undefined && earlier.rebuild?.id === key) {
        c.header('Idempotency-Replayed', 'true');
        return c.json(projectionView(earlier), 202);
      }
      await requestRebuild(deps.readPool, name, key ?? deps.newId());
      const projection = (await read()).find((candidate) => candidate.name === name);
      return c.json(projectionView(projection ?? earlier), 202);
    });
}

function projectionView(projection: ProjectionStatus): z.infer<typeof projectionSchema> {
  const { events, ms } = projection.lag;
  return {
    ...projection,
    position: positionView(projection.position),
    lag: { events: positionView(events), ms },
  };
}
