import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { readProjections } from '../../../sql/read-projections.ts';

const LOOK_EVERY_MS = 250;

/**
 * Waits until nothing is under way any more: every command final, the outbox empty, every projection at the head of
 * the log.
 * @returns what is still under way at `until` (milliseconds since 1970), or null.
 */
export async function awaitQuiet(db: pg.Pool, until: number, signal: AbortSignal): Promise<string | null> {
  for (;;) {
    const left = await lookAround(db).catch((error: unknown) => `Postgres says ${String(error)}`);
    if (left === null || Date.now() > until) return left;
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

async function lookAround(db: pg.Pool): Promise<string | null> {
  const { rows } = await db.query<{ commands: string; outbox: string }>(
    `select (select count(*) from commands where status = 'accepted')::text as commands,
       (select count(*) from outbox)::text as outbox`,
  );
  const { commands, outbox } = rows[0]!;
  const lags = (await readProjections(db, db, new Date())).map(({ lag }) => lag.events);
  const behind = lags.reduce((sum, lag) => sum + lag, 0n);
  if (commands === '0' && outbox === '0' && behind === 0n) return null;
  return `${commands} commands not final, ${outbox} events in the outbox, projections ${behind} events behind in all`;
}
