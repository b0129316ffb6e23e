import type { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { readCommandByKey } from '../sql/commands.ts';
import type { commandHeaders } from './commanding.ts';
import type { AppEnv, Deps } from './context.ts';

/**
 * Whether the Idempotency-Key was here before: then what has changed since (an expired quote, an ended hold) must
 * not change the answer. Whether it came with the same wish is the recording's to tell.
 */
export async function isRepeat(
  c: Context<AppEnv>,
  deps: Deps,
  route: string,
  headers: z.infer<typeof commandHeaders>,
): Promise<boolean> {
  const idempotencyKey = headers['Idempotency-Key'];
  if (idempotencyKey === undefined) return false;
  const scope = { tenant: c.get('tenant'), principal: c.get('principal'), route, idempotencyKey };
  return (await readCommandByKey(deps.pool, scope)) !== undefined;
}
