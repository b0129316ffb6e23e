import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Chance } from '../../../../cli/demo/chance.ts';
import { countAborted, listBackends } from '../backends.ts';
import type { Scenario } from '../scenario.ts';

const TIMES = 30;
const EVERY_MS = 200;
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
      ended.push(...(await terminateOne(db, fleet.names(), chance)));
      await sleep(EVERY_MS);
    }
    const written = ended.flatMap(({ transaction }) => transaction ?? []);
    const hits = await countAborted(db, written);
    return { hits, note: `${ended.length} connections ended, ${written.length} of them after a write` };
  },
};

type Ended = { readonly transaction: string | null };

/** One of those that have written where there are any, else any; what it was in the very moment of its end. */
async function terminateOne(db: pg.Pool, names: readonly string[], chance: Chance): Promise<Ended[]> {
  const backends = await listBackends(db, names);
  const writing = backends.filter(({ transaction }) => transaction !== null);
  const wanted = writing.length > 0 ? writing : backends;
  if (wanted.length === 0) return [];
  const { rows } = await db.query<Ended & { readonly gone: boolean }>(
    `select backend_xid::text as transaction, pg_terminate_backend(pid, $3) as gone
     from pg_stat_activity where pid = $1 and application_name = any($2)`,
    [chance.pick(wanted).pid, names, GONE_WITHIN_MS],
  );
  return rows.filter(({ gone }) => gone);
}
