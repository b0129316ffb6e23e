import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Chance } from '../../../../cli/demo/chance.ts';
import { listBackends } from '../backends.ts';
import type { Scenario } from '../scenario.ts';

const TIMES = 30;
const EVERY_MS = 200;

/** Five connections a second are closed by Postgres, most of them in the middle of a transaction. */
export const backendsTerminated: Scenario = {
  id: 'F6',
  title: 'connections to Postgres terminated, five a second',
  hit: 'a connection that was within a transaction when it was terminated',
  async inflict({ chance, db, fleet }) {
    let [hits, idle] = [0, 0];
    for (let time = 0; time < TIMES; time += 1) {
      const ended = await terminateOne(db, fleet.names(), chance);
      if (ended === 'busy') hits += 1;
      if (ended === 'idle') idle += 1;
      await sleep(EVERY_MS);
    }
    return { hits, note: `${idle} idle connections besides` };
  },
};

/** One of those within a transaction where there are any, else any; what it was in the very moment of its end. */
async function terminateOne(db: pg.Pool, names: readonly string[], chance: Chance) {
  const backends = await listBackends(db, names);
  const busy = backends.filter((backend) => backend.busy);
  const wanted = busy.length > 0 ? busy : backends;
  if (wanted.length === 0) return 'none';
  const { rows } = await db.query<{ busy: boolean; ended: boolean }>(
    `select state <> 'idle' and xact_start is not null as busy, pg_terminate_backend(pid) as ended
     from pg_stat_activity where pid = $1 and application_name = any($2)`,
    [chance.pick(wanted).pid, names],
  );
  if (!rows[0]?.ended) return 'none';
  return rows[0].busy ? 'busy' : 'idle';
}
