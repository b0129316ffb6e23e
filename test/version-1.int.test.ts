import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type AccountId, accountStream, type Tenant, type TransferId } from '../domain/ids.ts';
import type { Pool } from '../platform/postgres.ts';
import { readVersion1 } from '../sql/fixtures/read-fixtures.ts';
import { checkIntegrity } from '../sql/integrity/check-integrity.ts';
import { transact } from '../sql/ledger.ts';
import { listTransfers } from '../sql/list-transfers.ts';
import { migrate } from '../sql/migrate.ts';
import { readAccount } from '../sql/read-account.ts';
import { readAccountAnswer } from '../sql/read-account-answer.ts';
import { readTransfer } from '../sql/read-transfer.ts';
import { sequence } from '../sql/sequence.ts';
import { createEmptyDatabase, type TestDatabase } from './database.ts';
import { caughtUp, openProjectorLab, type ProjectorLab, until } from './projecting.ts';

const OLD = 'old' as Tenant;
const store = readVersion1();
let database: TestDatabase;
let lab: ProjectorLab;

beforeAll(async () => {
  database = await createEmptyDatabase(inject('stack'));
  lab = await openProjectorLab({ database });
  await migrateTo(2);
  await insertStore(lab.pool);
  await insertBalances(lab.pool);
  await migrate(database.url);
  lab.start();
  await caughtUp(lab);
  await until('the balances are rebuilt', async () => {
    const { rows } = await lab.readPool.query(
      `select rebuild_status from projections where name = 'balances'`,
    );
    return rows[0].rebuild_status === 'completed';
  });
});
afterAll(() => lab?.close());

/** The first files of each folder: the schema that version 1 ran on. */
async function migrateTo(count: number): Promise<void> {
  for (const [folder, migrationsTable] of [
    ['migrations', 'migrations'],
    ['read-migrations', 'read_migrations'],
  ] as const) {
    const dir = fileURLToPath(new URL(`../sql/${folder}`, import.meta.url));
    const quiet = { debug() {}, info() {}, warn() {}, error: console.error };
    await runner({ databaseUrl: database.url, dir, migrationsTable, direction: 'up', count, logger: quiet });
  }
}

/** The rows as version 1 wrote them, events in the order of their commits. */
async function insertStore(pool: Pool): Promise<void> {
  for (const event of store.events) {
    const { tenant, streamId, version, type, schemaVersion, data, metadata, occurredAt, hash } = event;
    await pool.query(
      `with stored as (
         insert into events (tenant, stream_id, version, type, schema_version, data, metadata, occurred_at, hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, decode($9, 'hex')))
       insert into outbox (id, tenant, stream_id, version) values (nextval('event_id'), $1, $2, $3)`,
      [tenant, streamId, version, type, schemaVersion, data, metadata, occurredAt, hash],
    );
  }
  for (const { streamId, version, state, hash, createdAt, updatedAt } of store.heads) {
    await pool.query(
      `insert into heads (tenant, stream_id, version, state, hash, created_at, updated_at)
       values ('old', $1, $2, $3, decode($4, 'hex'), $5, $6)`,
      [streamId, version, state, hash, createdAt, updatedAt],
    );
  }
  for (const { subjectId, leg, result, refusal, detail, createdAt } of store.outcomes) {
    await pool.query(
      `insert into outcomes (tenant, subject_id, leg, result, refusal, detail, created_at)
       values ('old', $1, $2, $3, $4, $5, $6)`,
      [subjectId, leg, result, refusal, detail, createdAt],
    );
  }
  for (const one of store.commands) {
    await pool.query(
      `with claim as (
         insert into claims (tenant, kind, resource_id, command_id)
         select 'old', $6, $7, $1 where $2 in ('openAccount', 'transfer'))
       insert into commands (tenant, command_id, type, principal, route, idempotency_key, payload_hash, payload,
         resource_kind, resource_id, workflow_id, status, refusal, created_at, finished_at, sweep_after)
       values ('old', $1, $2, 'cli', $3, $4, decode($5, 'hex'), $8, $6, $7, $9, $10, $11, $12, $13, now())`,
      [
        ...[one.commandId, one.type, one.route, one.idempotencyKey, one.payloadHash, one.resourceKind],
        ...[
          one.resourceId,
          one.payload,
          one.workflowId,
          one.status,
          one.refusal,
          one.createdAt,
          one.finishedAt,
        ],
      ],
    );
  }
}

/** The read table as version 1 had it: applied, and without what it did not know. */
async function insertBalances(pool: Pool): Promise<void> {
  const client = await pool.connect();
  while ((await sequence(client, 1_000, 3)) > 0);
  client.release();
  await pool.query(
    `insert into balances (generation, tenant, account_id, owner_id, name, currency, status, balance_minor, held_minor,
       overdraft_limit_minor, metadata, version, position, created_at, as_of)
     select 1, h.tenant, h.state ->> 'accountId', h.state ->> 'ownerId', h.state ->> 'name', h.state ->> 'currency',
       h.state ->> 'status', (h.state ->> 'balanceMinor')::bigint, 0, (h.state ->> 'overdraftLimitMinor')::bigint,
       h.state -> 'metadata', h.version, l.position, h.created_at, h.updated_at
     from heads h join log l using (tenant, stream_id, version) where stream_id like 'account-%'`,
  );
  await pool.query(
    `insert into applied_versions (projection, generation, tenant, stream_id, version)
     select 'balances', 1, tenant, stream_id, version from heads where stream_id like 'account-%'`,
  );
  await pool.query(
    `update projections set position = (select position from log_head) where name = 'balances'`,
  );
}

test('a store that version 1 filled verifies clean after the migration and the rebuild that it asks for', async () => {
  const { ok, checks } = await checkIntegrity(lab.readPool, lab.pool, OLD);
  expect(checks.filter((check) => !check.ok)).toEqual([]);
  expect(ok).toBe(true);
  expect(checks.every(({ checked }) => checked > 0)).toBe(true);
});

test('answers that were given before are given again', async () => {
  for (const { commandId, resourceId, type, status } of store.commands) {
    if (type === 'transfer') {
      const record = await readTransfer(lab.pool, OLD, resourceId as TransferId);
      expect(record?.transfer).toMatchObject({ transferId: resourceId, feeMinor: 0n, creditCurrency: 'EUR' });
      expect(record?.command.status).toBe(status);
      expect(record?.transfer.finishedAt).toBe(record?.command.finishedAt ?? null);
    } else {
      const key = { tenant: OLD, commandId, streamId: `account-${resourceId}` };
      const answer = await readAccountAnswer(lab.pool, key);
      expect(answer === undefined).toBe(status === 'refused');
      if (answer !== undefined) expect(answer.account.holds).toEqual({});
    }
  }
});

test('a transfer that was parked before is looked after as new ones are', async () => {
  const { rows } = await lab.pool.query(
    'select workflow_id, workflow_type, input, summary from expected_workflows where tenant = $1',
    [OLD],
  );
  expect(rows).toEqual([
    {
      workflow_id: 'old/transfer/parked',
      workflow_type: 'parkedTransfer',
      input: { tenant: OLD, transferId: 'parked' },
      summary: 'needs attention: 700 EUR minor units from cleo to nobody',
    },
  ]);
});

test('the transfer lists show what the heads say', async () => {
  const rows = await listTransfers(
    lab.readPool,
    OLD,
    { status: null, accountId: null },
    { limit: 50, before: null },
  );
  expect(rows).toHaveLength(6);
  for (const { firstPosition: _, ...row } of rows) {
    const record = await readTransfer(lab.pool, OLD, row.transferId);
    expect(row).toEqual(record?.transfer);
  }
});

test('old streams go on: the next event of an account follows the old ones', async () => {
  const ada = 'ada' as AccountId;
  const streams = [accountStream(ada)];
  await transact(
    { pool: lab.pool, now: () => new Date() },
    { tenant: OLD, streams, outcomes: [] },
    (draft) => {
      const reason = 'after the migration';
      const metadata = { commandId: 'n', correlationId: 'n', causationId: 'n', actor: 'test' };
      draft.appendToAccount(ada, { type: 'AccountFrozen', data: { reason } }, metadata);
    },
  );
  await caughtUp(lab);
  expect((await readAccount(lab.readPool, lab.pool, OLD, ada))?.account).toMatchObject({ status: 'frozen' });
  expect((await checkIntegrity(lab.readPool, lab.pool, OLD)).ok).toBe(true);
});
