import type { BatchCounts, BatchOf } from '../domain/batch.ts';
import type { Tenant } from '../domain/ids.ts';
import { readBatch } from '../sql/batches.ts';
import { endBatch } from '../sql/end-batch.ts';
import type { ActivityDeps } from './deps.ts';

/**
 * Ends a batch's command once each of its items was seen to, also where some wait in workflows of their own. Acts
 * once. Returns how the items stand then. Throws for outages.
 */
export function createFinishBatch({ pool, now }: ActivityDeps) {
  return async ({ tenant, batch }: { tenant: Tenant; batch: BatchOf }): Promise<BatchCounts> => {
    await endBatch(pool, { tenant, batch, at: now().toISOString() });
    const found = await readBatch(pool, tenant, batch.batchId);
    if (found === undefined) throw new Error(`there is no batch ${batch.batchId}`);
    return found.counts;
  };
}
