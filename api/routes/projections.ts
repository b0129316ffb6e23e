import { createRoute, z } from '@hono/zod-openapi';
import { unreachable } from '../../domain/unreachable.ts';
import { type ProjectionStatus, readProjections } from '../../sql/read-projections.ts';
import { askForRebuild, readEndedRebuild } from '../../sql/rebuild-requests.ts';
import { json, problems } from '../answers.ts';
import { idField, timeAnswer } from '../border/fields.ts';
import { parsePrefer } from '../border/prefer.ts';
import { commandAnswerHeaders, commandHeaders } from '../commanding.ts';
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
      headers: commandAnswerHeaders.extend({
        Location: z.string().openapi({ example: '/api/projections' }),
      }),
    },
    ...problems(400, 404, 413, 415, 422, 503),
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
      // A rebuild is never waited for: any wait is at most what was preferred.
      const { applied } = parsePrefer(prefer, 0);
      if (applied !== null) c.header('Preference-Applied', applied);
      const caller = { tenant: c.get('tenant'), principal: c.get('principal') };
      const owned = key === undefined ? null : { ...caller, idempotencyKey: key };
      const asked = await askForRebuild(deps.readPool, owned, name, deps.newId());
      switch (asked.kind) {
        case 'unknown':
          throw new Problem('not-found', `There is no projection ${name}.`);
        case 'key-reused':
          throw new Problem(
            'idempotency-key-reused',
            'This Idempotency-Key came for another projection before.',
          );
        case 'recorded':
          if (asked.replayed) c.header('Idempotency-Replayed', 'true');
          c.header('Location', '/api/projections');
          return c.json(await rebuilding(deps, await read(), name, asked.rebuildId), 202);
        default:
          return unreachable(asked);
      }
    });
}

/** The projection with the rebuild that was asked for, which need not be its last one. */
async function rebuilding(
  deps: Deps,
  projections: readonly ProjectionStatus[],
  name: string,
  rebuildId: string,
) {
  const projection = projections.find((candidate) => candidate.name === name);
  if (projection === undefined) throw new Error(`projection ${name} was found, and is gone`);
  if (projection.rebuild?.id === rebuildId) return projectionView(projection);
  const ended = await readEndedRebuild(deps.readPool, rebuildId);
  return projectionView({ ...projection, rebuild: ended ?? projection.rebuild });
}

function projectionView(projection: ProjectionStatus): z.infer<typeof projectionSchema> {
  const { events, ms } = projection.lag;
  return {
    ...projection,
    position: positionView(projection.position),
    lag: { events: positionView(events), ms },
  };
}
