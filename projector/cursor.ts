import type { Applied } from '../sql/applied-versions.ts';
import { encodeMessage, type LoggedEvent } from '../sql/codec.ts';
import type { NewDeadLetter } from '../sql/dead-letters.ts';
import type { Step } from '../sql/projections/step.ts';
import type { Target } from '../sql/targets.ts';
import { type Delivery, payloadOf } from './delivery.ts';
import type { Ending, Run } from './projection.ts';

/** A dead letter without its id. */
export type Letter = Omit<NewDeadLetter, 'id'>;

/** Where one stream stands in one generation while a batch is applied to it. Mutable: it lives for one batch. */
export type Cursor = {
  readonly target: Target;
  /** As it was locked. */
  readonly from: Applied;
  version: number;
  parked: boolean;
  /** What is still to apply, in order. */
  queue: Delivery[];
};

export function createCursor(target: Target, from: Applied, queue: readonly Delivery[]): Cursor {
  return { target, from, version: from.version, parked: from.parked, queue: [...queue] };
}

/** True where there is still something to do for the stream. */
export function isPending(cursor: Cursor): boolean {
  return !cursor.parked && cursor.queue.length > 0;
}

/** How far the stream came, for saving; null where nothing changed. */
export function changeOf(cursor: Cursor): Applied | null {
  if (cursor.version === cursor.from.version && cursor.parked === cursor.from.parked) return null;
  return { ...cursor.from, version: cursor.version, parked: cursor.parked };
}

/** Drops what was applied before (Kafka delivers at least once). */
export function skipDuplicates(cursor: Cursor): void {
  const fresh = cursor.queue.findIndex(
    (delivery) => delivery.kind === 'unreadable' || delivery.event.version > cursor.version,
  );
  cursor.queue = fresh === -1 ? [] : cursor.queue.slice(fresh);
}

/** The version that is missing before the next event, or null where there is no gap. */
export function gapBefore(cursor: Cursor): { upTo: number; event: LoggedEvent } | null {
  const [first] = cursor.queue;
  if (first === undefined || first.kind === 'unreadable') return null;
  if (first.event.version <= cursor.version + 1) return null;
  return { upTo: first.event.version - 1, event: first.event };
}

/** What stops a stream: a delivery that nothing can be made of. */
export type Stop = { readonly delivery: Delivery; readonly cause: string };

/** Takes the consecutive events that can be applied now, and what stops the stream behind them, if it is next. */
export function takeRun(cursor: Cursor): { run: Run; stop: Stop | null } {
  const steps: Step[] = [];
  let stop: Stop | null = null;
  let taken = 0;
  let version = cursor.version;
  for (const delivery of cursor.queue) {
    stop = stopOf(delivery, version);
    if (stop !== null) break;
    if (delivery.kind === 'unreadable' || delivery.event.version > version + 1) break;
    taken += 1;
    if (delivery.event.version <= version || delivery.fact instanceof Error) continue;
    steps.push({ event: delivery.event, fact: delivery.fact });
    version = delivery.event.version;
  }
  cursor.queue = cursor.queue.slice(taken);
  const { tenant, streamId } = cursor.from;
  return { run: { stream: { tenant, streamId }, after: cursor.version, steps }, stop };
}

function stopOf(delivery: Delivery, version: number): Stop | null {
  if (delivery.kind === 'unreadable') return { delivery, cause: delivery.cause };
  if (delivery.event.version !== version + 1 || !(delivery.fact instanceof Error)) return null;
  return { delivery, cause: delivery.fact.message };
}

/** Moves the cursor to where a run ended. Returns the letter of what parked the stream, if it was parked. */
export function settle(cursor: Cursor, ending: Ending, stop: Stop | null): Letter | null {
  cursor.version = ending.version;
  if (ending.left) {
    cursor.queue = [];
    return null;
  }
  if (ending.trouble !== null) return park(cursor, { ...ending.trouble });
  const superseded = stop?.delivery.kind === 'event' && stop.delivery.event.version <= cursor.version;
  if (stop === null || superseded) return null;
  // A message's trouble says nothing about the store that a rebuild reads: it decides for its own generation.
  if (!cursor.target.live && stop.delivery.source !== null) {
    cursor.queue = [];
    return null;
  }
  return parkAt(cursor, stop);
}

/** Parks the stream for an event that does not fit. */
export function park(cursor: Cursor, trouble: { event: LoggedEvent; cause: string }): Letter {
  cursor.parked = true;
  const { event, cause } = trouble;
  return letter(cursor, { event, payload: encodeMessage(event), cause, source: null });
}

function parkAt(cursor: Cursor, { delivery, cause }: Stop): Letter {
  cursor.parked = true;
  const event = delivery.kind === 'event' ? delivery.event : null;
  return letter(cursor, { event, payload: payloadOf(delivery), cause, source: delivery.source });
}

function letter(
  cursor: Cursor,
  of: {
    event: LoggedEvent | null;
    payload: string;
    cause: string;
    source: Delivery['source'];
  },
): Letter {
  const { tenant, streamId } = cursor.from;
  return {
    target: cursor.target,
    stream: { tenant, streamId },
    version: of.event?.version ?? null,
    position: of.event?.position ?? null,
    partition: of.source?.partition ?? null,
    offset: of.source?.offset ?? null,
    payload: of.payload,
    cause: of.cause,
  };
}
