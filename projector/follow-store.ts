import { setTimeout as delay } from 'node:timers/promises';
import type { Queryable } from '../platform/postgres.ts';
import { readStream, type StreamKey } from '../sql/read-stream.ts';
import { deliver, type EventDelivery } from './delivery.ts';

/** Events of one stream that are in memory at once. */
const PAGE = 500;
/** How long committed events may take from the outbox into the log before this is an outage. */
const LOG_WAIT_MS = 5_000;
const LOG_POLL_MS = 10;

/** Committed events are not in the log yet, and the sequencer does not come: an outage, to be tried again. */
export class LogBehindError extends Error {}

type Reader = { readonly store: Queryable; readonly breathe: () => Promise<void> };
type Span = { readonly after: number; readonly upTo: number };

/**
 * Reads one stream out of the store, page by page, until version `upTo` is reached or `take` answers false. The
 * caller knows that `upTo` is committed, so missing events are waited for (at most 5 s).
 * @throws LogBehindError where the sequencer does not bring them in time.
 */
export async function followStore(
  reader: Reader,
  stream: StreamKey,
  span: Span,
  take: (deliveries: EventDelivery[]) => Promise<boolean>,
): Promise<void> {
  let { after } = span;
  let waitedMs = 0;
  while (after < span.upTo) {
    const events = await readStream(reader.store, stream, after, PAGE);
    if (events.length === 0) {
      if (waitedMs >= LOG_WAIT_MS) throw new LogBehindError(behind(stream, after, span.upTo));
      await delay(LOG_POLL_MS);
      await reader.breathe();
      waitedMs += LOG_POLL_MS;
      continue;
    }
    after = events.at(-1)?.version ?? after;
    if (!(await take(events.map((event) => deliver(event))))) return;
    await reader.breathe();
  }
}

function behind(stream: StreamKey, after: number, upTo: number): string {
  return `${stream.tenant}/${stream.streamId} is in the log up to version ${after}, not ${upTo}: is a sequencer running?`;
}
