import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Chance } from '../../../../cli/demo/chance.ts';
import { countAborted, listBackends } from '../backends.ts';
import type { Scenario } from '../scenario.ts';

const TIMES = 30;
const EVERY_MS = 200;
/** A strike waits so long for a transaction that has written; then it takes any connection. */
const WRITE_WITHIN_MS = 150;
const LOOK_EVERY_MS = 5;
/** How long Postgres may take to end a connection that it was told to end. */
const GONE_WITHIN_MS = 2_000;

/** Five connections a second are closed by Postgres, in the middle of a transaction where there is one that wrote. */
export const backendsTerminated: Scenario = {
  id: 'F6',
  title: 'connections to Postgres terminated, five a second',
  hit: 'a transaction that had written when its connection was terminated, and that Postgres has as aborted',
  async inflict({ chance, db, fleet }) {
    const ended: Ended[] = [];
    for (let time = 0; time < TIMES; time += 1) {
      const [strike] = await Promise.all([terminateOne(db, fleet.names(), chance), sleep(EVERY_MS)]);
      ended.push(...strike);
    }
    const written = ended.flatMap(({ transaction }) => transaction ?? []);
    const hits = await countAborted(db, written);
    return { hits, note: `${ended.length} connections ended, ${written.length} of them after a write` };
  },
};

type Ended = { readonly transaction: string | null };

/** One that has written where there is any in time, else any; what it was in the very moment of its end. */
async function terminateOne(db: pg.Pool, names: readonly string[], chance: Chance): Promise<Ended[]> {
  const until = Date.now() + WRITE_WITHIN_MS;
  do {
    const ended = await terminate(db, 'application_name = any($1) and backend_xid is not null', [names]);
    if (ended.length > 0) return ended;
    await sleep(LOOK_EVERY_MS);
  } while (Date.now() < until);
  const backends = await listBackends(db, names);
  if (backends.length === 0) return [];
  return terminate(db, 'application_name = any($1) and pid = $2', [names, chance.pick(backends)]);
}

/** Looks and ends in one statement, for a transaction takes no longer than the way there and back. */
async function terminate(db: pg.Pool, which: string, values: readonly unknown[]): Promise<Ended[]> {
  const { rows } = await db.query<Ended & { readonly gone: boolean }>(
    `select transaction::text as transaction, pg_terminate_backend(pid, ${GONE_WITHIN_MS}) as gone
     from (select pid, backend_xid as transaction from pg_stat_activity where ${which} limit 1) as found`,
    [...values],
  );
  return rows.filter(({ gone }) => gone);
}
