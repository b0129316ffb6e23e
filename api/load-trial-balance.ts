import type { Tenant } from '../domain/ids.ts';
import { readLogHead } from '../sql/read-log.ts';
import { readTrialBalance, readTrialBalanceAt, type TrialBalance } from '../sql/trial-balance.ts';
import { awaitRead } from './await-read.ts';
import type { Deps } from './context.ts';
import { Problem } from './problem.ts';

/**
 * A tenant's trial balance: as far as the journal is complete, or as it was at a position, which is waited for
 * (READ_WAIT_MS) where the journal is not complete up to there yet.
 * @throws Problem 409 `version-ahead` beyond the last position; 503 where the journal is behind
 */
export async function loadTrialBalance(
  deps: Deps,
  tenant: Tenant,
  position: bigint | undefined,
): Promise<TrialBalance> {
  if (position === undefined) return readTrialBalance(deps.readPool, tenant);
  const found = await readTrialBalanceAt(deps.readPool, tenant, position);
  if (found !== undefined) return found;
  const last = await readLogHead(deps.pool);
  if (position > last) {
    throw new Problem('version-ahead', `The last position is ${last}: there is no ${position} yet.`);
  }
  return awaitRead(deps, `The journal is not complete up to position ${position} yet.`, () =>
    readTrialBalanceAt(deps.readPool, tenant, position),
  );
}
