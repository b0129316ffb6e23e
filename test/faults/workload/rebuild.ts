import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { z } from 'zod';
import type { Verdict } from './load.ts';
import { createTally } from './tally.ts';

const REBUILD_TIMEOUT_MS = 60_000;
const POLL_MS = 100;

/** What each table says, without what belongs to a generation or to the way that it was filled. */
const ROWS = {
  balances: `select to_jsonb(t) - 'generation' from balances t`,
  transactions: `select to_jsonb(t) - 'generation' from transactions t`,
  transfers: `select to_jsonb(t) - 'generation' from transfers t`,
  journal: `select to_jsonb(t) - 'generation' from journal_entries t`,
} as const;
type Name = keyof typeof ROWS;

/** I5: a rebuild from zero comes to the same rows. Call it when nothing is in flight. */
export async function judgeRebuild(db: pg.Pool, address: string): Promise<Verdict> {
  const tally = createTally('I5');
  for (const name of ['balances', 'transactions', 'transfers', 'journal'] as const) {
    const before = await digest(db, name);
    await rebuild(address, name);
    const after = await digest(db, name);
    tally.expect(before.digest === after.digest, () => {
      return `${name} has ${before.rows} rows, and rebuilt from zero ${after.rows} rows that say something else`;
    });
  }
  return tally.verdict();
}

async function digest(db: pg.Pool, name: Name): Promise<{ digest: string; rows: string }> {
  const { rows } = await db.query<{ digest: string; rows: string }>(
    `select coalesce(md5(string_agg(md5(row::text), '' order by row::text collate "C")), '') as digest,
       count(*)::text as rows
     from (${ROWS[name]} join projections p on p.name = $1 and t.generation = p.live_generation) as live (row)`,
    [name],
  );
  const [found] = rows;
  if (found === undefined) throw new Error(`nothing was read of ${name}`);
  return found;
}

const rebuilding = z.object({ status: z.string(), id: z.string() }).nullable();
const projection = z.object({ name: z.string(), rebuild: rebuilding });
const projections = z.object({ items: z.array(projection) });

async function rebuild(address: string, name: Name): Promise<void> {
  const asked = projection.parse(await ask(`${address}/api/projections/${name}/rebuild`, 'POST'));
  const until = Date.now() + REBUILD_TIMEOUT_MS;
  while (Date.now() < until) {
    const { items } = projections.parse(await ask(`${address}/api/projections`, 'GET'));
    const found = items.find((one) => one.name === name)?.rebuild;
    if (found?.status === 'failed') throw new Error(`the rebuild of ${name} failed`);
    if (found?.status === 'completed' && found.id === asked.rebuild?.id) return;
    await sleep(POLL_MS);
  }
  throw new Error(`${name} was not rebuilt within ${REBUILD_TIMEOUT_MS} ms`);
}

async function ask(url: string, method: 'GET' | 'POST'): Promise<unknown> {
  const response = await fetch(url, {
    method,
    ...(method === 'POST' ? { body: '{}', headers: { 'content-type': 'application/json' } } : {}),
    signal: AbortSignal.timeout(REBUILD_TIMEOUT_MS),
  });
  return response.json();
}
