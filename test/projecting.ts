import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { inject } from 'vitest';
import type { AccountCommand, LegCommand } from '../domain/account.ts';
import { decide } from '../domain/account-decider.ts';
import type { EventMetadata, TransferTerms } from '../domain/events.ts';
import {
  type AccountId,
  accountStream,
  type StreamId,
  type Tenant,
  type TransferId,
  transferStream,
} from '../domain/ids.ts';
import { refusal } from '../domain/refusals.ts';
import { completeTerms } from '../domain/terms.ts';
import { createKafka } from '../platform/kafka.ts';
import { createLog } from '../platform/log.ts';
import { createPool, type Pool } from '../platform/postgres.ts';
import { createProjector, type Projector } from '../projector/projector.ts';
import { replayRequested } from '../projector/replays.ts';
import { askForReplay, readReplay } from '../sql/dead-letter-replays.ts';
import { transact } from '../sql/ledger.ts';
import type { OutcomeKey } from '../sql/outcomes.ts';
import { readProjections } from '../sql/read-projections.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';

export const TENANT = 'test' as Tenant;

/** A database and topics of one's own, and projectors over them: what the projector's tests work with. */
export type ProjectorLab = Awaited<ReturnType<typeof openProjectorLab>>;

/** Opens a lab on the shared stack; `close` in `afterAll`. */
export async function openProjectorLab(options: { partitions?: number; database?: TestDatabase } = {}) {
  const database = options.database ?? (await createTestDatabase());
  const log = createLog({ level: process.env.TEST_LOG_LEVEL ?? 'fatal', role: 'test' });
  const pool = createPool({ url: database.url, max: 20, name: 'test', log });
  const readPool = createPool({ url: database.url, max: 20, name: 'test-read', log });
  const run = randomUUID().slice(0, 8);
  const config = {
    KAFKA_TOPIC: `events-${run}`,
    KAFKA_DEAD_LETTER_TOPIC: `dead-${run}`,
    KAFKA_PARTITIONS: options.partitions ?? 3,
    KAFKA_GROUP: `group-${run}`,
  };
  const kafka = createKafka({ brokers: inject('stack').KAFKA_BROKERS.split(','), clientId: 'test', log });
  const projectors = new Set<Projector>();
  const stop = async (projector: Projector) => {
    projectors.delete(projector);
    await projector.stop();
  };
  return {
    pool,
    readPool,
    config,
    kafka,
    log,
    start() {
      const projector = createProjector({ config, log, pool, readPool, kafka });
      projector.start();
      projectors.add(projector);
      return projector;
    },
    stop,
    async close() {
      await Promise.all([...projectors].map(stop));
      await Promise.all([pool.end(), readPool.end()]);
      await database.drop();
    },
  };
}

const metadata = (commandId: string): EventMetadata => ({
  commandId,
  correlationId: commandId,
  causationId: commandId,
  actor: 'test',
});

/** Appends the events of one account's command, and nothing where it is refused. */
export async function command(pool: Pool, wish: AccountCommand): Promise<number> {
  const { accountId } = wish.data;
  return onAccount(pool, accountId, [accountStream(accountId)], wish);
}

function onAccount(pool: Pool, accountId: AccountId, streams: StreamId[], wish: AccountCommand | LegCommand) {
  return transact({ pool, now: () => new Date() }, { tenant: TENANT, streams, outcomes: [] }, (draft) => {
    const decision = decide(wish, draft.account(accountId), draft.at);
    if (!decision.ok) throw new Error(decision.refusal.detail);
    const id = randomUUID();
    for (const event of decision.events) draft.appendToAccount(accountId, event, metadata(id));
    const leg = legOf(wish);
    if (leg !== null) draft.record(leg, { result: 'done', refusal: null, detail: null });
    return draft.accountPlace(accountId).version;
  });
}

/** The outcome that a leg leaves, as the saga's activities would. */
function legOf(wish: AccountCommand | LegCommand): OutcomeKey | null {
  switch (wish.type) {
    case 'debit':
    case 'credit':
    case 'refund':
      return { subjectId: wish.data.transferId, leg: wish.type };
    default:
      return null;
  }
}

export const account = (id: string) => id as AccountId;

/** Opens an account, with an initial deposit unless it is 0. */
export function open(pool: Pool, id: string, initialDepositMinor = 100_000n): Promise<number> {
  const data = {
    accountId: account(id),
    ownerId: null,
    name: `Account ${id}`,
    currency: 'EUR',
    overdraftLimitMinor: 0n,
    initialDepositMinor,
    metadata: {},
  };
  return command(pool, { type: 'openAccount', data });
}

/** Deposits, and returns the account's new version. */
export function deposit(pool: Pool, id: string, amountMinor = 1n): Promise<number> {
  const data = { accountId: account(id), amountMinor, currency: 'EUR', description: null, metadata: {} };
  return command(pool, { type: 'deposit', data });
}

export function terms(
  from: string,
  to: string,
  amountMinor: bigint,
  more: Partial<TransferTerms> = {},
): TransferTerms {
  return completeTerms({
    transferId: randomUUID() as TransferId,
    from: account(from),
    to: account(to),
    amountMinor,
    currency: 'EUR',
    description: null,
    reference: null,
    metadata: {},
    ...more,
  });
}

/** Debits and credits; with `refused` the credit is refused and the money goes back. */
export async function transfer(
  pool: Pool,
  from: string,
  to: string,
  amountMinor = 1n,
  refused = false,
  more: Partial<TransferTerms> = {},
): Promise<TransferTerms> {
  const data = terms(from, to, amountMinor, more);
  const own = transferStream(data.transferId);
  await onAccount(pool, data.from, [own, accountStream(data.from)], { type: 'debit', data });
  if (!refused) {
    await onAccount(pool, data.to, [own, accountStream(data.to)], { type: 'credit', data });
    return data;
  }
  const why = refusal('account-closed', 'The test says so.');
  await transact(
    { pool, now: () => new Date() },
    { tenant: TENANT, streams: [own], outcomes: [] },
    (draft) => {
      const event = { type: 'CreditRefused' as const, data: { ...data, refusal: why } };
      draft.appendToTransfer(data.transferId, event, metadata('refused'));
      const outcome = { result: 'refused' as const, refusal: why, detail: null };
      draft.record({ subjectId: data.transferId, leg: 'credit' }, outcome);
    },
  );
  await onAccount(pool, data.from, [own, accountStream(data.from)], {
    type: 'refund',
    data: { ...data, refusal: why, refundedTo: data.from, paidFrom: 'transit', debitedAt: null },
  });
  return data;
}

/** Waits until a condition holds, at most 30 s. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let waitedMs = 0; waitedMs < 30_000; waitedMs += 25) {
    if (await holds()) return;
    await delay(25);
  }
  throw new Error(`waited 30 s in vain until ${what}`);
}

/** Waits until every committed event is in the read tables. */
export function caughtUp(lab: { pool: Pool; readPool: Pool }): Promise<void> {
  return until('everything is applied', async () => {
    const statuses = await readProjections(lab.readPool, lab.pool, new Date());
    return statuses.every(({ lag }) => lag.events === 0n);
  });
}

/** Asks for a dead letter to be replayed, does it, and says what came of it. */
export async function replayed(lab: { pool: Pool; readPool: Pool }, letterId: string) {
  const scope = { tenant: null, unowned: true };
  const wish = { replayId: uuidv7(), letterId, scope, principal: 'test', idempotencyKey: null };
  const asked = await askForReplay(lab.readPool, wish);
  if (asked.kind !== 'recorded') return asked.kind;
  await replayRequested(lab, lab.readPool);
  return (await readReplay(lab.readPool, asked.replayId))?.status;
}

/** The live rows of every read table, without what differs between generations. */
export async function readTables(readPool: Pool) {
  const live = (table: string, projection: string, columns: string, order: string) =>
    readPool
      .query(
        `select ${columns} from ${table} t join projections p on p.live_generation = t.generation
         where p.name = '${projection}' order by ${order}`,
      )
      .then(({ rows }) => rows.map(({ generation, ...row }) => row));
  return {
    balances: await live('balances', 'balances', 't.*', 'account_id'),
    transactions: await live('transactions', 'transactions', 't.*', 'account_id, version'),
    transfers: await live('transfers', 'transfers', 't.*', 'transfer_id'),
    entries: await live('journal_entries', 'journal', 't.*', 'stream_id, version, entry'),
    totals: await readPool
      .query(
        `select currency, account, sum(debits_minor) as debits, sum(credits_minor) as credits
         from journal_totals t join projections p on p.live_generation = t.generation
         where p.name = 'journal' group by 1, 2 order by 1, 2`,
      )
      .then(({ rows }) => rows),
  };
}

/** Balances as the write side has them: what the read table must come to. */
export async function readHeads(pool: Pool) {
  const { rows } = await pool.query(
    `select substr(stream_id, 9) as account_id, version, (state ->> 'balanceMinor')::bigint as balance_minor
     from heads where stream_id like 'account-%' order by 1`,
  );
  return rows;
}
