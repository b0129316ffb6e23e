import { isDeepStrictEqual } from 'node:util';
import type { LegEvent, TransferEvent } from '../../domain/events.ts';
import { type AccountId, accountStream, parseStream } from '../../domain/ids.ts';
import { evolveTransfer, isTransferEvent, type Transfer, type TransferState } from '../../domain/transfer.ts';
import { decodeEvent, decodeTransfer, encodeState } from '../codec.ts';
import type { PlacedEvent } from '../list-events.ts';
import { PAGE_SIZE, type Snapshots } from './snapshots.ts';
import { findEvents, findStreams, pageHeads, type RawHead } from './store-rows.ts';
import type { Transit } from './transit.ts';

/**
 * Events of one transfer lie in up to three streams; its story has one order. Its own events are in the order of
 * their versions already, which the sort keeps: those before the debit, and those of its reversals.
 */
const ORDER: Readonly<Record<(LegEvent | TransferEvent)['type'], number>> = {
  TransferScheduled: 0,
  ApprovalRequested: 0,
  TransferApproved: 0,
  TransferRejected: 0,
  TransferCancelled: 0,
  TransferDebited: 1,
  HoldCaptured: 1,
  CreditRefused: 2,
  TransferCredited: 3,
  TransferRefunded: 3,
  RefundParked: 3,
  TransferSettled: 5,
  ReversalDebited: 6,
  ReversalRefunded: 6,
};

/** A refund that an operator settled comes after the park. */
const SETTLED = 4;

/** Reads every head once, in pages: a transfer's must be the fold of its legs and its own events. */
export async function checkTransfers(snapshots: Snapshots, transit: Transit): Promise<void> {
  for (let after = ''; ; ) {
    const heads = await pageHeads(snapshots.store, snapshots.tenant, after, PAGE_SIZE);
    const last = heads.at(-1);
    if (last === undefined) return;
    await checkPage(snapshots, transit, heads);
    await snapshots.breathe();
    after = last.streamId;
  }
}

async function checkPage(snapshots: Snapshots, transit: Transit, heads: readonly RawHead[]): Promise<void> {
  const { tally } = snapshots;
  for (const head of heads.filter(isAccount)) {
    tally.expect('heads-equal-folds', head.version > 0, () => `head ${head.streamId} has no events`);
  }
  const transfers = heads
    .filter((head) => !isAccount(head))
    .map((head) => ({ head, state: tryDecode(head) }));
  const events = await findPageEvents(snapshots, transfers);
  for (const { head, state } of transfers) {
    const equal = state !== null && isFold(head, state, events);
    tally.expect(
      'heads-equal-folds',
      equal,
      () => `head ${head.streamId} differs from the fold of its events`,
    );
    if (state !== null) transit.addHead(state);
  }
}

type Found = { byPlace: Map<string, PlacedEvent>; byStream: Map<string, PlacedEvent[]> };

async function findPageEvents(
  { store, tenant }: Snapshots,
  transfers: readonly { head: RawHead; state: Transfer | null }[],
): Promise<Found> {
  const places = transfers.flatMap(({ state }) => (state?.legs ?? []).map(placeOf));
  const legs = await findEvents(store, tenant, places);
  const own = await findStreams(
    store,
    tenant,
    transfers.map(({ head }) => head.streamId),
  );
  return {
    byPlace: new Map(legs.map((event) => [`${event.streamId}/${event.version}`, event])),
    byStream: groupByStream(own),
  };
}

function groupByStream(events: readonly PlacedEvent[]): Map<string, PlacedEvent[]> {
  const groups = new Map<string, PlacedEvent[]>();
  for (const event of events) groups.set(event.streamId, [...(groups.get(event.streamId) ?? []), event]);
  return groups;
}

type Told = { readonly stored: PlacedEvent; readonly event: LegEvent | TransferEvent };

/** The transfer's story. Throws where an event is not what Remit writes, or no part of a transfer. */
function eventsOf(head: RawHead, state: Transfer, { byPlace, byStream }: Found): Told[] {
  const legs = state.legs.flatMap((leg) => byPlace.get(`${placeOf(leg).streamId}/${leg.version}`) ?? []);
  return [...legs, ...(byStream.get(head.streamId) ?? [])]
    .map(tell)
    .sort((one, other) => placeInStory(one.event) - placeInStory(other.event));
}

function tell(stored: PlacedEvent): Told {
  const event = decodeEvent(stored);
  if (!isTransferEvent(event)) throw new Error(`${event.type} is no part of a transfer`);
  return { stored, event };
}

function placeInStory(event: LegEvent | TransferEvent): number {
  const settled = event.type === 'TransferRefunded' && event.data.paidFrom === 'suspense';
  return settled ? SETTLED : ORDER[event.type];
}

/** True where the head is what its events fold to, and the last of its own. */
function isFold(head: RawHead, state: Transfer, found: Found): boolean {
  try {
    const told = eventsOf(head, state, found);
    const folded = told.reduce<TransferState>((before, { stored, event }) => {
      return evolveTransfer(before, event, { version: stored.version, occurredAt: stored.occurredAt });
    }, null);
    const own = told.filter(({ stored }) => stored.streamId === head.streamId).length;
    return folded !== null && isDeepStrictEqual(head.state, encodeState(folded)) && head.version === own;
  } catch {
    return false;
  }
}

function placeOf({ accountId, version }: { accountId: AccountId; version: number }) {
  return { streamId: accountStream(accountId), version };
}

function isAccount(head: RawHead): boolean {
  return parseStream(head.streamId).kind === 'account';
}

function tryDecode(head: RawHead): Transfer | null {
  try {
    return decodeTransfer(head.state);
  } catch {
    return null;
  }
}
