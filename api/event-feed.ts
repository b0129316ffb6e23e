import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../platform/log.ts';
import { isOutage } from '../platform/postgres.ts';
import type { FollowedPage } from '../sql/follow-events.ts';
import { type EventView, eventView } from './views/event.ts';

/** Places of the log that one look takes in; also what is in memory at once. */
export const FEED_PAGE = 200;
/** The wait between two looks: short while events flow, ever longer while none come. */
const POLL_MS = { first: 100, longest: 500 };
/** A client, and every proxy before it, hears something at least this often. */
const HEARTBEAT_MS = 15_000;
/** Skipped places after which a client is told where it stands, so that its return does not look at them again. */
const TELL_EVERY = 1_000n;

/** Where a feed's events come from, how they go out, and what ends it. */
export type Feed = {
  readonly after: bigint;
  /** The next page after a position. Holds no connection between two calls. */
  readonly read: (after: bigint) => Promise<FollowedPage>;
  /** Resolves when the client can take more: nothing is read ahead of a slow client. */
  readonly send: (event: EventView) => Promise<unknown>;
  /** Tells the place alone. */
  readonly mark: (position: bigint) => Promise<unknown>;
  /** Aborts when the client is gone or the feed's time is over. */
  readonly ended: AbortSignal;
  readonly isDraining: () => boolean;
  readonly log: Logger;
};

/**
 * Follows the log by its cursor and sends each wanted event once, in order, until the client goes, the process is
 * told to stop, or the feed's time is over. While Postgres is away it goes on asking, twice a second.
 * @throws whatever else goes wrong: a feed never steps over an event.
 */
export async function runFeed(feed: Feed): Promise<void> {
  let cursor = feed.after;
  let told = feed.after;
  let toldAt = Date.now();
  let waitMs = POLL_MS.first;
  const running = () => !feed.ended.aborted && !feed.isDraining();
  while (running()) {
    const page = await look(feed, cursor);
    for (const event of page.events) {
      if (!running()) return;
      await feed.send(eventView(event));
      told = event.position;
      toldAt = Date.now();
    }
    const skipped = page.through ?? cursor;
    const full = skipped - cursor >= BigInt(FEED_PAGE);
    cursor = skipped;
    if (cursor - told >= TELL_EVERY || Date.now() - toldAt >= HEARTBEAT_MS) {
      await feed.mark(cursor);
      told = cursor;
      toldAt = Date.now();
    }
    if (full) continue;
    waitMs = page.events.length > 0 ? POLL_MS.first : Math.min(POLL_MS.longest, waitMs * 2);
    await sleep(waitMs, undefined, { signal: feed.ended }).catch(() => undefined);
  }
}

async function look(feed: Feed, cursor: bigint): Promise<FollowedPage> {
  try {
    return await feed.read(cursor);
  } catch (error) {
    if (!isOutage(error)) throw error;
    feed.log.warn({ err: error }, 'an event stream waits for Postgres');
    return { events: [], through: null };
  }
}

/** How long a position of the log's end is good for all feeds of this process. */
const HEAD_FRESH_MS = 50;

/** Reads the log's end at most once at a time, for however many ask: an idle feed then costs no query of its own. */
export function shareHead(read: () => Promise<bigint>): () => Promise<bigint> {
  let shared: Promise<bigint> | undefined;
  const forget = () => {
    shared = undefined;
  };
  return () => {
    shared ??= read().finally(() => setTimeout(forget, HEAD_FRESH_MS).unref());
    return shared;
  };
}
