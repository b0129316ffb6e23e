import { z } from 'zod';
import { isMoneyEvent } from '../../domain/double-entry.ts';
import type { LegEvent } from '../../domain/events.ts';
import { type TransferId, transferStream } from '../../domain/ids.ts';
import { isTransferEvent, type Leg } from '../../domain/transfer.ts';
import { unreachable } from '../../domain/unreachable.ts';
import type { Decoded } from './check-streams.ts';
import type { Snapshots } from './snapshots.ts';
import { findHeads } from './store-rows.ts';

function legOf(event: LegEvent): Leg {
  switch (event.type) {
    case 'TransferDebited':
    case 'HoldCaptured':
      return 'debit';
    case 'TransferCredited':
      return 'credit';
    case 'TransferRefunded':
      return event.data.paidFrom === 'transit' ? 'refund' : 'settle';
    default:
      return unreachable(event);
  }
}

/** A leg as it stands in an account's stream. */
type PlacedLeg = {
  readonly leg: Leg;
  readonly transferId: TransferId;
  readonly accountId: string;
  readonly version: number;
};

const legsSchema = z.object({
  legs: z.array(z.object({ leg: z.string(), accountId: z.string(), version: z.number() })),
});

/** The legs among a page's events. */
function legsOf(page: readonly Decoded[]): PlacedLeg[] {
  return page.flatMap(({ stored, event }) => {
    if (event === null || !isLeg(event)) return [];
    const leg = legOf(event);
    const { transferId } = event.data;
    const accountId = stored.streamId.replace(/^account-/, '');
    return [{ leg, transferId, accountId, version: stored.version }];
  });
}

function isLeg(event: NonNullable<Decoded['event']>): event is LegEvent {
  return isTransferEvent(event) && isMoneyEvent(event);
}

/**
 * Each leg in an account's stream must be the one that its transfer's head knows: so a second debit or credit
 * of a transfer shows. That each head's legs exist and end well is `checkTransfers`' part.
 */
export async function checkLegs(
  { store, tenant, tally }: Snapshots,
  page: readonly Decoded[],
): Promise<void> {
  const legs = legsOf(page);
  if (legs.length === 0) return;
  const heads = await findHeads(store, tenant, [
    ...new Set(legs.map((leg) => transferStream(leg.transferId))),
  ]);
  for (const { leg, transferId, accountId, version } of legs) {
    const head = legsSchema.safeParse(heads.get(transferStream(transferId))?.state);
    const known =
      head.success &&
      head.data.legs.some((one) => one.leg === leg && one.accountId === accountId && one.version === version);
    tally.expect('legs-pair-up', known, () => {
      return `event account-${accountId}/${version} is a ${leg} that transfer ${transferId} does not know`;
    });
  }
}
