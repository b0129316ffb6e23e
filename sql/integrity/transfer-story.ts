import { isDeepStrictEqual } from 'node:util';
import type { LegEvent, TransferEvent } from '../../domain/events.ts';
import { evolveTransfer, isTransferEvent, type Leg, type TransferState } from '../../domain/transfer.ts';
import { decodeEvent, encodeState } from '../codec.ts';
import type { PlacedEvent } from '../list-events.ts';
import type { Outcome } from '../outcomes.ts';
import { joinRows, toTransfers } from '../projections/transfer-rows.ts';
import type { TransferRow } from '../projections/transfers.ts';
import { outcomeOf } from './outcome-of.ts';
import type { RawHead } from './store-rows.ts';

/**
 * Events of one transfer lie in up to three streams; its story has one order. Its own events come in the order of
 * their versions, and each leg before the first of them that lies behind it.
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

type Told = { readonly stored: PlacedEvent; readonly event: LegEvent | TransferEvent };

/** A transfer while its events pass by, one at a time: its own may be many, as each reversal of it adds one. */
export type Story = {
  readonly head: RawHead;
  /** Those that were not folded yet, in their order. */
  readonly legs: Told[];
  readonly isApplied: (stored: PlacedEvent) => boolean;
  /** Events of its own stream so far. */
  own: number;
  folded: TransferState;
  /** What its row in the read table must be: made of the events that are applied. */
  row: TransferRow | null;
  /** The outcome rows that its events were written with, by leg. */
  readonly outcomes: Map<Leg, Outcome['result']>;
  /** An event is none that Remit writes of a transfer, or cannot follow: what comes after cannot be judged. */
  broken: boolean;
};

/** Begins a story with its legs, in any order. `isApplied` tells which events the read table has. */
export function beginStory(
  head: RawHead,
  legs: readonly PlacedEvent[],
  isApplied: (stored: PlacedEvent) => boolean,
): Story {
  const story: Story = {
    head,
    legs: [],
    isApplied,
    own: 0,
    folded: null,
    row: null,
    outcomes: new Map(),
    broken: false,
  };
  for (const leg of legs) story.legs.push(...tell(story, leg));
  story.legs.sort((one, other) => placeInStory(one.event) - placeInStory(other.event));
  return story;
}

/** The next event of the transfer's own stream. */
export function hear(story: Story, stored: PlacedEvent): void {
  story.own += 1;
  for (const told of tell(story, stored)) {
    foldLegs(story, placeInStory(told.event));
    fold(story, told);
  }
}

/** After the last event: true where the head is what its events fold to, and at the last of its own. */
export function endsAsHead(story: Story): boolean {
  foldLegs(story, Number.POSITIVE_INFINITY);
  const { head, folded, own, broken } = story;
  if (broken || folded === null) return false;
  return isDeepStrictEqual(head.state, encodeState(folded)) && head.version === own;
}

/** What an event says, noted for the row; nothing where nobody can read it. */
function tell(story: Story, stored: PlacedEvent): Told[] {
  const event = read(stored);
  if (event === null) {
    story.broken = true;
    return [];
  }
  const outcome = outcomeOf(event);
  if (outcome !== null) story.outcomes.set(outcome.leg, outcome.result);
  if (stored.position === null || !story.isApplied(stored)) return [{ stored, event }];
  const step = { event: { ...stored, position: stored.position }, fact: event };
  for (const row of toTransfers(step)) story.row = story.row === null ? row : joinRows(story.row, row);
  return [{ stored, event }];
}

function read(stored: PlacedEvent): LegEvent | TransferEvent | null {
  try {
    const event = decodeEvent(stored);
    return isTransferEvent(event) ? event : null;
  } catch {
    return null;
  }
}

function foldLegs(story: Story, upTo: number): void {
  for (let leg = story.legs[0]; leg !== undefined && placeInStory(leg.event) <= upTo; leg = story.legs[0]) {
    story.legs.shift();
    fold(story, leg);
  }
}

function fold(story: Story, { stored, event }: Told): void {
  if (story.broken) return;
  try {
    const { version, occurredAt } = stored;
    story.folded = evolveTransfer(story.folded, event, { version, occurredAt });
  } catch {
    story.broken = true;
  }
}

function placeInStory(event: LegEvent | TransferEvent): number {
  const settled = event.type === 'TransferRefunded' && event.data.paidFrom === 'suspense';
  return settled ? SETTLED : ORDER[event.type];
}
