import type { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { readCustomer } from '../sql/customers.ts';
import type { commandHeaders } from './commanding.ts';
import type { AppEnv, Deps } from './context.ts';
import { Problem } from './problem.ts';
import { isRepeat } from './repeat.ts';

/**
 * Makes sure that an account's owner may have one, before the wish is recorded, so that a refusal burns no key. A
 * customer is never deleted, only erased; a wish that was recorded before the erasure keeps its answer.
 * @throws Problem 422 `customer-not-found`, `customer-erased`
 */
export async function checkOwner(
  c: Context<AppEnv>,
  deps: Deps,
  route: string,
  headers: z.infer<typeof commandHeaders>,
  ownerId: string | null,
): Promise<void> {
  if (ownerId === null) return;
  const problem = await findProblem(c, deps, ownerId);
  if (problem !== null && !(await isRepeat(c, deps, route, headers))) throw problem;
}

async function findProblem(c: Context<AppEnv>, deps: Deps, ownerId: string): Promise<Problem | null> {
  const owner = await readCustomer(deps.pool, c.get('tenant'), ownerId);
  if (owner === undefined) return new Problem('customer-not-found', `There is no customer ${ownerId}.`);
  if (owner.erasedAt === null) return null;
  return new Problem(
    'customer-erased',
    `The personal data of customer ${ownerId} was erased: no new accounts.`,
  );
}
