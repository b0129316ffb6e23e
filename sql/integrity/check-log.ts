import type { PlacedEvent } from '../list-events.ts';
import { findWaiting, type LogPlace, pageLog, pageStrayOutbox } from './log-rows.ts';
import type { Snapshots, StoreSnapshots } from './snapshots.ts';
import { countLog } from './store-rows.ts';

/** Log rows that are looked at in one go: they are small. */
const LOG_PAGE_SIZE = 5_000;

/**
 * Walks the log once: positions run from 1 to the head without gaps, each is an event's, and what is not in the log
 * waits in the outbox. `follow` sees every row, in order. Returns the log's head.
 */
export async function checkLog(
  snapshots: StoreSnapshots,
  follow: (place: LogPlace) => void = () => undefined,
): Promise<bigint> {
  const { store, tally, breathe } = snapshots;
  await walkLog(snapshots, follow);
  await checkStrayOutbox(snapshots);
  const { events, logged, waiting, lowest, highest, head } = await countLog(store, breathe);
  tally.expect('log-gapless', logged === highest && lowest <= 1n && head === highest, () => {
    return `log has ${logged} rows from position ${lowest} to ${highest}, its head is ${head}`;
  });
  tally.expect('log-gapless', events === logged + waiting, () => {
    return `of ${events} events ${logged} are in the log and ${waiting} wait in the outbox`;
  });
  return head;
}

async function walkLog(
  { store, tally, breathe, progress }: StoreSnapshots,
  follow: (place: LogPlace) => void,
): Promise<void> {
  for (let last = 0n; ; ) {
    const page = await pageLog(store, last, LOG_PAGE_SIZE);
    if (page.length === 0) return;
    for (const place of page) {
      const { position, hash } = place;
      tally.expect('log-gapless', position === last + 1n, () => `log position ${position} follows ${last}`);
      tally.expect(
        'log-gapless',
        hash !== null,
        () => `log position ${position} is of an event that is not there`,
      );
      follow(place);
      last = position;
    }
    await breathe();
    progress('log', page.length);
  }
}

async function checkStrayOutbox({ store, tally, breathe }: StoreSnapshots): Promise<void> {
  for (let after = { id: -1n, tenant: '', streamId: '' }; ; ) {
    const page = await pageStrayOutbox(store, after, LOG_PAGE_SIZE);
    const last = page.at(-1);
    if (last === undefined) return;
    for (const { id, stray } of page) {
      tally.expect(
        'log-gapless',
        !stray,
        () => `outbox row ${id} is of an event that is in the log, or nowhere`,
      );
    }
    await breathe();
    after = last;
  }
}

/** An event that has no position must wait in the outbox, or no projection would ever hear of it. */
export async function checkOutbox(
  { store, tenant, tally }: Snapshots,
  page: readonly PlacedEvent[],
): Promise<void> {
  const unplaced = page.filter(({ position }) => position === null);
  if (unplaced.length === 0) return;
  const waiting = await findWaiting(store, tenant, unplaced);
  for (const { streamId, version } of unplaced) {
    tally.expect('log-gapless', waiting.has(`${streamId}/${version}`), () => {
      return `event ${streamId}/${version} is neither in the log nor in the outbox`;
    });
  }
}
