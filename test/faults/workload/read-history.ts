import type pg from 'pg';
import { z } from 'zod';
import type { Asked } from './asked.ts';
import { readBatchTold } from './batch-told.ts';
import type { BalanceRow, CommandRow, Fact, Head, History, ReadRow } from './history.ts';
import type { Load } from './load.ts';

const minor = z
  .string()
  .nullish()
  .transform((text) => (text == null ? null : BigInt(text)));
const text = z
  .string()
  .nullish()
  .transform((found) => found ?? null);
const data = z.object({
  amountMinor: minor,
  balanceMinor: minor,
  heldMinor: minor,
  releasedMinor: minor,
  overdraftLimitMinor: minor,
  transferId: text,
  from: text,
  to: text,
  holdId: text,
  description: text,
  refusal: z.object({ code: z.string() }).nullish(),
});

/** At most so many lookups over HTTP at once. */
const LOOKUPS_AT_ONCE = 8;
const LOOKUP_TIMEOUT_MS = 30_000;

/** Reads all that Remit says of a run, once it is quiet. */
export async function readHistory(
  {
    db,
    address,
    accounts,
    beganAt,
  }: {
    readonly db: pg.Pool;
    readonly address: string;
    readonly accounts: Load['accounts'];
    readonly beganAt: number;
  },
  asked: ReadonlyMap<string, Asked>,
  batchIds: readonly string[],
): Promise<History> {
  const transferIds = [...asked.values()].filter(({ kind }) => kind === 'transfer').map(({ id }) => id);
  const accountIds = [accounts.hot, ...accounts.others, accounts.closed];
  const streams = [...accountIds.map((id) => `account-${id}`), ...transferIds.map((id) => `transfer-${id}`)];
  return {
    accounts,
    facts: await readFacts(db, streams),
    heads: await readHeads(db, streams),
    commands: await readCommands(db, [...accountIds, ...asked.keys(), ...batchIds]),
    readRows: await readReadRows(db, accountIds, streams),
    balances: await readBalances(db, accountIds),
    transferStatuses: await lookUp(address, '/api/transfers', transferIds, (body) => {
      return z.object({ status: z.string() }).parse(body).status;
    }),
    batches: await lookUp(address, '/api/transfer-batches', batchIds, readBatchTold),
    outbox: await countRows(db, 'select count(*) from outbox', []),
    letters: await countRows(
      db,
      `select count(*) from dead_letters
       where stream_id = any($1) or (stream_id is null and created_at >= to_timestamp($2 / 1000.0))`,
      [streams, beganAt],
    ),
  };
}

async function readFacts(db: pg.Pool, streams: string[]): Promise<Fact[]> {
  const { rows } = await db.query<{ stream_id: string; version: number; type: string; data: unknown }>(
    `select stream_id, version, type, data from events where stream_id = any($1)
     order by stream_id collate "C", version`,
    [streams],
  );
  return rows.map((row) => {
    const { refusal, ...fields } = data.parse(row.data);
    const refusalCode = refusal?.code ?? null;
    return { streamId: row.stream_id, version: row.version, type: row.type, ...fields, refusalCode };
  });
}

async function readHeads(db: pg.Pool, streams: string[]): Promise<Head[]> {
  const { rows } = await db.query<{ stream_id: string; version: number; balance: string | null }>(
    `select stream_id, version, state ->> 'balanceMinor' as balance from heads where stream_id = any($1)`,
    [streams],
  );
  return rows.map((row) => {
    const balanceMinor = row.balance === null ? null : BigInt(row.balance);
    return { streamId: row.stream_id, version: row.version, balanceMinor };
  });
}

/** Commands about the run's accounts, transfers, holds and batches: an item of a batch is found by the batch's claim. */
async function readCommands(db: pg.Pool, resourceIds: string[]): Promise<CommandRow[]> {
  const { rows } = await db.query<Omit<CommandRow, 'finishedAtMs'> & { finishedAtMs: string | null }>(
    `select distinct c.command_id as "commandId", c.resource_id as "resourceId", c.idempotency_key as key, c.status,
       (extract(epoch from c.finished_at) * 1000)::text as "finishedAtMs"
     from commands c left join claims k using (tenant, command_id)
     where c.resource_id = any($1) or k.resource_id = any($1)`,
    [resourceIds],
  );
  return rows.map((row) => {
    return { ...row, finishedAtMs: row.finishedAtMs === null ? null : Number(row.finishedAtMs) };
  });
}

async function readReadRows(db: pg.Pool, accountIds: string[], streams: string[]): Promise<ReadRow[]> {
  type Row = Omit<ReadRow, 'amountMinor' | 'closingMinor'> & { amount: string; closing: string | null };
  const { rows } = await db.query<Row>(
    `select 'transactions' as table, 'account-' || account_id as "streamId", version, 0 as entry,
       amount_minor::text as amount, closing_balance_minor::text as closing
     from transactions t join projections p on p.name = 'transactions' and t.generation = p.live_generation
     where account_id = any($1)
     union all
     select 'journal', stream_id, version, entry, amount_minor::text, null
     from journal_entries j join projections p on p.name = 'journal' and j.generation = p.live_generation
     where stream_id = any($2)`,
    [accountIds, streams],
  );
  return rows.map(({ amount, closing, ...row }) => {
    return { ...row, amountMinor: BigInt(amount), closingMinor: closing === null ? null : BigInt(closing) };
  });
}

async function readBalances(db: pg.Pool, accountIds: string[]): Promise<BalanceRow[]> {
  type Row = { accountId: string; version: number; balance: string; held: string };
  const { rows } = await db.query<Row>(
    `select account_id as "accountId", b.version, balance_minor::text as balance, held_minor::text as held
     from balances b join projections p on p.name = 'balances' and b.generation = p.live_generation
     where account_id = any($1)`,
    [accountIds],
  );
  return rows.map(({ accountId, version, balance, held }) => {
    return { accountId, version, balanceMinor: BigInt(balance), heldMinor: BigInt(held) };
  });
}

async function countRows(db: pg.Pool, sql: string, values: unknown[]): Promise<number> {
  const { rows } = await db.query<{ count: bigint | string }>(sql, values);
  return Number(rows[0]?.count);
}

/** What GET says of each of these, or null where it is 404. */
async function lookUp<Told>(
  address: string,
  collection: string,
  ids: readonly string[],
  read: (body: unknown) => Told,
): Promise<Map<string, Told | null>> {
  const found = new Map<string, Told | null>();
  const waiting = [...ids];
  const worker = async () => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const body = await get(`${address}${collection}/${id}`);
      found.set(id, body === null ? null : read(body));
    }
  };
  await Promise.all(Array.from({ length: LOOKUPS_AT_ONCE }, worker));
  return found;
}

async function get(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(LOOKUP_TIMEOUT_MS) });
  const body: unknown = await response.json();
  if (response.status === 404) return null;
  if (response.status !== 200) throw new Error(`GET ${url} answered ${response.status}`);
  return body;
}
