import { setTimeout as sleep } from 'node:timers/promises';
import { createRoute, z } from '@hono/zod-openapi';
import { json, problems } from '../answers.ts';
import { createRouter, type Deps, type HealthCheck } from '../context.ts';

/** A dependency that does not answer within this is down. */
const CHECK_TIMEOUT_MS = 2_000;

const healthz = createRoute({
  method: 'get',
  path: '/healthz',
  tags: ['operation'],
  summary: 'Whether the process lives',
  responses: {
    200: json('It does', z.strictObject({ status: z.literal('ok') }).openapi('Health')),
    ...problems(400),
  },
});

const readinessSchema = z
  .strictObject({
    status: z.enum(['ready', 'degraded', 'not-ready', 'stopping']),
    dependencies: z
      .record(z.string(), z.enum(['up', 'down']))
      .openapi({ example: { postgres: 'up', readDatabase: 'up', temporal: 'up', kafka: 'up' } }),
  })
  .openapi('Readiness');

const readyz = createRoute({
  method: 'get',
  path: '/readyz',
  tags: ['operation'],
  summary: 'Whether requests can be served, and which dependencies answer',
  responses: {
    200: json(
      'Requests are served; degraded: Temporal or Kafka is down, and work waits for it',
      readinessSchema,
    ),
    503: json('Postgres is down, or the process is stopping', readinessSchema),
    ...problems(400),
  },
});

/** Liveness and readiness. */
export function healthRoutes(deps: Deps) {
  return createRouter()
    .openapi(healthz, (c) => c.json({ status: 'ok' as const }, 200))
    .openapi(readyz, async (c) => {
      const dependencies = await checkAll({
        postgres: () => deps.pool.query('select 1'),
        readDatabase: () => deps.readPool.query('select 1'),
        ...deps.health,
      });
      if (deps.isDraining()) return c.json({ status: 'stopping' as const, dependencies }, 503);
      const allUp = Object.values(dependencies).every((state) => state === 'up');
      if (allUp) return c.json({ status: 'ready' as const, dependencies }, 200);
      // Without Temporal or Kafka every request is still served (202, lag): taking the API away would lose more.
      const served = dependencies.postgres === 'up' && dependencies.readDatabase === 'up';
      if (served) return c.json({ status: 'degraded' as const, dependencies }, 200);
      c.header('Retry-After', '1');
      return c.json({ status: 'not-ready' as const, dependencies }, 503);
    });
}

async function checkAll(
  checks: Readonly<Record<string, HealthCheck>>,
): Promise<Record<string, 'up' | 'down'>> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await isUp(check)] as const),
  );
  return Object.fromEntries(results.map(([name, up]) => [name, up ? 'up' : 'down']));
}

async function isUp(check: HealthCheck): Promise<boolean> {
  const stop = new AbortController();
  const late = sleep(CHECK_TIMEOUT_MS, false, { signal: stop.signal }).catch(() => false);
  const answer = check().then(
    () => true,
    () => false,
  );
  const up = await Promise.race([answer, late]);
  stop.abort();
  return up;
}
