import { isDeepStrictEqual } from 'node:util';
import { type AccountId, accountStream, parseStream } from '../../domain/ids.ts';
import { evolveTransfer, isTransferEvent, type Transfer, type TransferState } from '../../domain/transfer.ts';
import { decodeEvent, decodeTransfer, encodeState } from '../codec.ts';
import type { PlacedEvent } from '../list-events.ts';
import { PAGE_SIZE, type Snapshots } from './snapshots.ts';
import { findEvents, findStreams, pageHeads, type RawHead } from './store-rows.ts';
import type { Transit } from './transit.ts';

/** Events of one transfer lie in up to three streams; its story has one order. */
const ORDER: Readonly<Record<string, number>> = {
  TransferRejected: 0,
  TransferCancelled: 0,
  TransferDebited: 1,
  CreditRefused: 2,
  TransferCredited: 3,
  TransferRefunded: 3,
  RefundParked: 3,
};

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
    const own = state === null ? [] : eventsOf(head, state, events);
    const equal = state !== null && isDeepStrictEqual(head.state, encodeFold(own)) && ownCount(head, own);
    tally.expect(
      'heads-equal-folds',
      equal,
      () => `head ${head.streamId} differs from the fold of its events`,
    );
    if (state?.status === 'debited') transit.addInFlight(state.currency, state.amountMinor);
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

function eventsOf(head: RawHead, state: Transfer, { byPlace, byStream }: Found): PlacedEvent[] {
  const legs = state.legs.flatMap((leg) => byPlace.get(`${placeOf(leg).streamId}/${leg.version}`) ?? []);
  return [...legs, ...(byStream.get(head.streamId) ?? [])].sort(
    (one, other) => (ORDER[one.type] ?? 9) - (ORDER[other.type] ?? 9),
  );
}

/** The fold in stored form; null where the events make no transfer. */
function encodeFold(events: readonly PlacedEvent[]): object | null {
  try {
    const state = events.reduce<TransferState>((folded, stored) => {
      const event = decodeEvent(stored);
      if (!isTransferEvent(event)) throw new Error(`${event.type} is no part of a transfer`);
      return evolveTransfer(folded, event, { version: stored.version, occurredAt: stored.occurredAt });
    }, null);
    return state === null ? null : encodeState(state);
  } catch {
    return null;
  }
}

function ownCount(head: RawHead, events: readonly PlacedEvent[]): boolean {
  return head.version === events.filter((event) => event.streamId === head.streamId).length;
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
