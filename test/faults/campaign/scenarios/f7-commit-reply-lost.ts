import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { waitFor } from '../../../processes.ts';
import { type Broken, listNoticed } from '../lost-connections.ts';
import type { Scenario, Scene } from '../scenario.ts';
import { followTransactions, type Transaction } from '../transactions.ts';

const LASTS_MS = [5_000, 8_000] as const;
/** One commit in so many loses its reply. */
const ONE_IN = 5;
/** On a slow machine few commits come by: it goes on until so many have lost their reply. */
const LOST_LEAST = 3;
const LOST_TIMEOUT_MS = 60_000;

/** Postgres has committed, and whoever asked it to sees the connection break: it cannot know, and must not pay twice. */
export const commitReplyLost: Scenario = {
  id: 'F7',
  title: 'the reply to COMMIT lost',
  hit: 'a commit whose rows were in Postgres when its reply was dropped, and whose client then logged a lost connection',
  through: ['postgres'],
  async inflict(scene) {
    const lost = await loseReplies(scene);
    scene.healed();
    return async () => {
      const noticed = await listNoticed(scene.fleet, lost);
      return {
        hits: noticed.filter(({ committed }) => committed).length,
        note: `${lost.length} replies dropped, ${noticed.length} of them noticed as lost connections`,
      };
    };
  },
};

type Lost = Broken & { readonly committed: boolean };

async function loseReplies({ proxies, chance, db }: Scene): Promise<Lost[]> {
  const proxy = proxies.postgres!;
  const follow = followTransactions();
  const lost: Lost[] = [];
  proxy.intercept((statement) => {
    const transaction = follow(statement);
    if (statement.text !== 'commit' || isEmpty(transaction) || chance.between(1, ONE_IN) > 1) return 'pass';
    const { application } = statement;
    return {
      // The client waits meanwhile and has not tried again: what is there now came by this commit.
      async withReply() {
        const committed = await isCommitted(db, transaction);
        lost.push({ application, committed, at: Date.now() });
        return 'lose-reply' as const;
      },
    };
  });
  await sleep(chance.between(...LASTS_MS));
  await waitFor('commits to lose their replies', async () => lost.length >= LOST_LEAST, LOST_TIMEOUT_MS);
  proxy.intercept(null);
  return lost;
}

function isEmpty({ legs, commandIds }: Transaction): boolean {
  return legs.length === 0 && commandIds.length === 0;
}

/** Whether all rows of a transaction are in Postgres. */
async function isCommitted(db: pg.Pool, { legs, commandIds }: Transaction): Promise<boolean> {
  const { rows } = await db.query<{ found: number }>(
    `select (select count(*) from outcomes o
         where (o.subject_id, o.leg) in (select * from unnest($1::text[], $2::text[])))::int
       + (select count(*) from commands where command_id = any($3))::int as found`,
    [legs.map(({ subjectId }) => subjectId), legs.map(({ leg }) => leg), commandIds],
  );
  return rows[0]!.found === legs.length + commandIds.length;
}
