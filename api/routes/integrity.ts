import { createRoute, z } from '@hono/zod-openapi';
import type { Tenant } from '../../domain/ids.ts';
import { checkIntegrity, type Integrity } from '../../sql/integrity/check-integrity.ts';
import { CHECK_NAMES } from '../../sql/integrity/tally.ts';
import { json, problems } from '../answers.ts';
import { createRouter, type Deps } from '../context.ts';
import { Problem } from '../problem.ts';
import { positionView } from '../views/account.ts';

const integritySchema = z
  .strictObject({
    ok: z.boolean(),
    position: z.int().openapi({ description: "The log's last position that was looked at" }),
    checks: z.array(
      z.strictObject({
        name: z.enum(CHECK_NAMES),
        ok: z.boolean(),
        checked: z.int(),
        firstViolation: z
          .string()
          .nullable()
          .openapi({ description: 'Names the row and what is wrong with it' }),
      }),
    ),
  })
  .openapi('Integrity');

const integrity = createRoute({
  method: 'get',
  path: '/api/integrity',
  tags: ['reports'],
  summary: 'Whether the store is whole and the read tables equal it; reads every event',
  responses: { 200: json('What was found', integritySchema), ...problems(400, 503) },
});

/** The proof. It reads everything, so requests at the same time share one run. */
export function integrityRoutes(deps: Deps) {
  const running = new Map<Tenant, Promise<Integrity>>();
  const run = (tenant: Tenant): Promise<Integrity> => {
    const started =
      running.get(tenant) ??
      checkIntegrity(deps.readPool, deps.pool, tenant, deps.hurry).finally(() => running.delete(tenant));
    running.set(tenant, started);
    return started;
  };
  return createRouter().openapi(integrity, async (c) => {
    const { ok, position, checks } = await run(c.get('tenant')).catch((error: unknown) => {
      if (deps.hurry?.aborted) throw new Problem('unavailable', 'This process is about to end: ask again.');
      throw error;
    });
    return c.json({ ok, position: positionView(position), checks: [...checks] }, 200);
  });
}
