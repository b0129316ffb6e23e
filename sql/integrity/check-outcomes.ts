import { parseStream } from '../../domain/ids.ts';
import { LEGS } from '../../domain/transfer.ts';
import { findOutcomes } from './outcome-rows.ts';
import type { Snapshots } from './snapshots.ts';
import type { Story } from './transfer-story.ts';

/**
 * An outcome row is what makes a leg act once: without it a late attempt would act again. Each event of a transfer that
 * decides a leg must have its row, and each row its event; but a fence (a credit that is void) leaves no event. Of a
 * transfer with an unreadable event it cannot be said.
 */
export async function checkOutcomes(
  { store, tenant, tally }: Snapshots,
  stories: readonly Story[],
): Promise<void> {
  const judged = stories.flatMap(({ head, outcomes, broken }) => {
    const stream = parseStream(head.streamId);
    return broken || stream.kind !== 'transfer' ? [] : [{ transferId: stream.transferId, outcomes }];
  });
  if (judged.length === 0) return;
  const found = await findOutcomes(
    store,
    tenant,
    judged.map(({ transferId }) => transferId),
  );
  for (const { transferId, outcomes } of judged) {
    for (const leg of LEGS) {
      const wanted = outcomes.get(leg);
      const row = found.get(`${leg}/${transferId}`);
      const isFence = wanted === undefined && leg === 'credit' && row === 'void';
      tally.expect('outcomes-equal-events', row === wanted || isFence, () => {
        return `outcome ${leg} of transfer ${transferId} is ${row ?? 'missing'}, its events say ${wanted ?? 'none'}`;
      });
    }
  }
}
