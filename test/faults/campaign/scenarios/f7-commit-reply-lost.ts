import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Scenario, Scene } from '../scenario.ts';
import { followTransactions, type Transaction } from '../transactions.ts';

const LASTS_MS = [5_000, 8_000] as const;
/** One commit in so many loses its reply. */
const ONE_IN = 5;
const LOST = /connection terminated|connection was lost|ECONNRESET/i;

type Lost = Transaction & { readonly application: string };

/** Postgres has committed, and whoever asked it to sees the connection break: it cannot know, and must not pay twice. */
export const commitReplyLost: Scenario = {
  id: 'F7',
  title: 'the reply to COMMIT lost',
  hit: 'a commit whose rows are in Postgres and whose client logged or answered a broken connection',
  through: ['postgres'],
  async inflict(scene) {
    const lost = await loseReplies(scene);
    const committed = await countCommitted(scene.db, lost);
    const errors = await countErrors(scene);
    return { hits: Math.min(committed, errors), note: `${committed} commits lost, ${errors} errors logged` };
  },
};

async function loseReplies({ proxies, chance }: Scene): Promise<Lost[]> {
  const proxy = proxies.postgres!;
  const follow = followTransactions();
  const lost: Lost[] = [];
  proxy.intercept((statement) => {
    const transaction = follow(statement);
    if (statement.text !== 'commit' || isEmpty(transaction) || chance.between(1, ONE_IN) > 1) return 'pass';
    lost.push({ ...transaction, application: statement.application });
    return 'lose-reply';
  });
  await sleep(chance.between(...LASTS_MS));
  proxy.intercept(null);
  return lost;
}

function isEmpty({ legs, commandIds }: Transaction): boolean {
  return legs.length === 0 && commandIds.length === 0;
}

/** How many of these transactions are in Postgres, whole. */
async function countCommitted(db: pg.Pool, lost: readonly Lost[]): Promise<number> {
  const found = await Promise.all(lost.map((one) => isCommitted(db, one)));
  return found.filter((is) => is).length;
}

async function isCommitted(db: pg.Pool, { legs, commandIds }: Transaction): Promise<boolean> {
  const { rows } = await db.query<{ found: number }>(
    `select (select count(*) from outcomes o
         where (o.subject_id, o.leg) in (select * from unnest($1::text[], $2::text[])))::int
       + (select count(*) from commands where command_id = any($3))::int as found`,
    [legs.map(({ subjectId }) => subjectId), legs.map(({ leg }) => leg), commandIds],
  );
  return rows[0]!.found === legs.length + commandIds.length;
}

/** A connection that breaks within a query is told by the pool that it belongs to. */
async function countErrors({ fleet, beganAt }: Scene): Promise<number> {
  const logs = await Promise.all(fleet.names().map((name) => fleet.readLog(name)));
  return logs.flat().filter((line) => Number(line.time) >= beganAt && LOST.test(String(line.msg))).length;
}
