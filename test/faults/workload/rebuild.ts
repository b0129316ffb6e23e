import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { z } from 'zod';
import type { Verdict } from './load.ts';
import { createTally } from './tally.ts';

const REBUILD_TIMEOUT_MS = 60_000;
const POLL_MS = 100;

/** The read tables of each projection. */
const TABLES = {
  balances: ['balances'],
  transactions: ['transactions'],
  transfers: ['transfers'],
  journal: ['journal_entries', 'journal_totals'],
} as const;
type Name = keyof typeof TABLES;
type Table = (typeof TABLES)[Name][number];

const live = (name: Name) =>
  `t where t.generation = (select live_generation from projections where name = '${name}')`;

/** What each table says, without what belongs to a generation or to the way that it was filled. */
const ROWS: Readonly<Record<Table, string>> = {
  balances: `select to_jsonb(t) - 'generation' from balances ${live('balances')}`,
  transactions: `select to_jsonb(t) - 'generation' from transactions ${live('transactions')}`,
  transfers: `select to_jsonb(t) - 'generation' from transfers ${live('transfers')}`,
  journal_entries: `select to_jsonb(t) - 'generation' from journal_entries ${live('journal')}`,
  // Kept by partition, and a rebuild is one of its own.
  journal_totals: `select jsonb_build_array(tenant, currency, account, sum(debits_minor), sum(credits_minor))
    from journal_totals ${live('journal')} group by tenant, currency, account`,
};

/** I5: a rebuild from zero comes to the same rows. Call it when nothing is in flight. */
export async function judgeRebuild(db: pg.Pool, address: string): Promise<Verdict> {
  const tally = createTally('I5');
  for (const name of ['balances', 'transactions', 'transfers', 'journal'] as const) {
    const before = await digestAll(db, name);
    await rebuild(address, name);
    const after = await digestAll(db, name);
    for (const [at, { table, digest, rows }] of before.entries()) {
      tally.expect(digest === after[at]?.digest, () => {
        return `${table} has ${rows} rows, and rebuilt from zero ${after[at]?.rows} rows that say something else`;
      });
      tally.expect(rows > 0, () => {
        return `${table} has no rows: that a rebuild comes to the same proves nothing`;
      });
    }
  }
  return tally.verdict();
}

type Digest = { readonly table: Table; readonly digest: string; readonly rows: number };

async function digestAll(db: pg.Pool, name: Name): Promise<Digest[]> {
  const digests: Digest[] = [];
  for (const table of TABLES[name]) digests.push(await digest(db, table));
  return digests;
}

async function digest(db: pg.Pool, table: Table): Promise<Digest> {
  const { rows } = await db.query<{ digest: string; rows: number }>(
    `select coalesce(md5(string_agg(md5(row::text), '' order by row::text collate "C")), '') as digest,
       count(*)::int as rows
     from (${ROWS[table]}) as live (row)`,
  );
  const [found] = rows;
  if (found === undefined) throw new Error(`nothing was read of ${table}`);
  return { table, ...found };
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
