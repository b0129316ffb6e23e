import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { accountStream } from '../domain/ids.ts';
import { createPool } from '../platform/postgres.ts';
import { hashEvent, NO_HASH } from '../sql/hash.ts';
import { listStreamEvents } from '../sql/list-events.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { log } from './lab.ts';
import {
  account,
  caughtUp,
  deposit,
  open,
  openProjectorLab,
  type ProjectorLab,
  TENANT,
  transfer,
} from './projecting.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Some tests start the command several times, each of which compiles it anew. */
vi.setConfig({ testTimeout: 180_000, hookTimeout: 240_000 });

/** A database with every kind of row, that each test takes a copy of. */
let built: TestDatabase;
let folder: string;
let key: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'remit-verify-'));
  key = join(folder, 'key.pem');
  built = await createTestDatabase();
  await write(built, async (lab) => {
    await open(lab.pool, 'ann');
    await open(lab.pool, 'bob');
    await transfer(lab.pool, 'ann', 'bob', 7n);
    await transfer(lab.pool, 'bob', 'ann', 2n, true);
    await deposit(lab.pool, 'ann', 5n);
  });
  expect(await verify(built, '--new-key', key)).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await built?.drop();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

/** Works with projectors over a database, until all that was written is in the read tables. */
async function write(database: TestDatabase, work: (lab: ProjectorLab) => Promise<unknown>): Promise<void> {
  const lab = await openProjectorLab({ database: { url: database.url, drop: async () => undefined } });
  try {
    lab.start();
    await work(lab);
    await caughtUp(lab);
  } finally {
    await lab.close();
  }
}

/** A copy of a database that nobody is connected to. */
function copyOf({ url }: TestDatabase): Promise<TestDatabase> {
  return createTestDatabase({ ...inject('stack'), templateDatabase: new URL(url).pathname.slice(1) });
}

async function onCopy<T>(work: (copy: TestDatabase) => Promise<T>): Promise<T> {
  const copy = await copyOf(built);
  return work(copy).finally(copy.drop);
}

async function execute(database: TestDatabase, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

type Ran = { code: number | null; stdout: string; stderr: string };

/** The real command, as a process of its own. */
function verify(database: Pick<TestDatabase, 'url'>, ...args: string[]): Promise<Ran> {
  const env = { ...process.env, DATABASE_URL: database.url, READ_DATABASE_URL: database.url };
  const command = ['stack/bootstrap.mjs', 'cli/verify.ts', ...args];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, command, { cwd: ROOT, env }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

/** A checkpoint of the database, signed. */
async function checkpointOf(database: TestDatabase, name: string): Promise<string> {
  const file = join(folder, name);
  expect(await verify(database, '--checkpoint', file, '--key', key)).toMatchObject({ code: 0 });
  return file;
}

function against(database: TestDatabase, file: string, publicKey = `${key}.pub`): Promise<Ran> {
  return verify(database, '--against', file, '--public-key', publicKey);
}

test('a whole database is verified, check by check, with what was looked at', async () => {
  const { code, stdout } = await verify(built);
  expect(stdout).not.toContain('FAIL');
  expect(stdout).toMatch(/^ok {4}hash-chains +\d+ checked$/m);
  expect(stdout).toMatch(/^Verified: \d+ events of 1 tenant in /m);
  expect(stdout).not.toMatch(/ 0 checked/);
  expect(code).toBe(0);
});

const ENTRIES = `where stream_id = 'account-ann' and version = 2`;

test.each([
  [
    'an altered event',
    `update events set data = jsonb_set(data, '{name}', '"Eve"') where stream_id = 'account-ann' and version = 1`,
    /FAIL {2}hash-chains .*\n.*event account-ann\/1 /,
  ],
  [
    'an altered head',
    `update heads set state = jsonb_set(state, '{balanceMinor}', '"1"') where stream_id = 'account-bob'`,
    /FAIL {2}heads-equal-folds .*\n.*head account-bob /,
  ],
  [
    'an altered row of balances',
    `update balances set balance_minor = balance_minor + 1 where account_id = 'ann'`,
    /FAIL {2}read-tables-equal-folds .*\n.*balances row ann /,
  ],
  [
    'a row of balances whose limits are none',
    `update balances set limits = '{}' where account_id = 'ann'`,
    /FAIL {2}read-tables-equal-folds .*\n.*balances row ann differs from the fold at version \d+ in limits/,
  ],
  [
    'an event that was moved to a stream of nothing',
    `update events set stream_id = 'a-ann' where stream_id = 'account-ann' and version = 2`,
    /FAIL {2}heads-equal-folds .*\n.*event a-ann\/2 is in a stream of neither an account nor a transfer/,
  ],
  [
    'a head that was moved to a stream of nothing',
    `update heads set stream_id = 'a-bob' where stream_id = 'account-bob'`,
    /FAIL {2}heads-equal-folds .*\n.*head account-bob is not at its last event/,
  ],
  [
    'a head of nothing',
    `insert into heads select (jsonb_populate_record(h, '{"stream_id": "a-bob"}')).*
     from heads h where stream_id = 'account-bob'`,
    /FAIL {2}heads-equal-folds .*\n.*head a-bob is neither an account's nor a transfer's/,
  ],
  [
    'a head whose leg is at a version that no event can have',
    `update heads set state = jsonb_set(state, '{legs,0,version}', '99999999999') where stream_id like 'transfer-%'`,
    /FAIL {2}heads-equal-folds .*\n.*head transfer-[\w-]+ differs from the fold of its events/,
  ],
  [
    'a journal entry that was moved to a stream of nothing',
    `update journal_entries set stream_id = 'a-ann' ${ENTRIES}`,
    /FAIL {2}read-tables-equal-folds .*\n.*journal_entries row account-ann\/2 /,
  ],
  [
    'a journal entry at another position',
    `update journal_entries set position = 999999 ${ENTRIES}`,
    /FAIL {2}read-tables-equal-folds .*\n.*journal_entries row account-ann\/2 /,
  ],
  [
    'a total that is no number',
    `update journal_totals set credits_minor = 'NaN' where account = 'ann'`,
    /FAIL {2}trial-balance-zero .*\n.*EUR: the balances sum to NaN(.*\n)+.*journal_totals row EUR ann /,
  ],
  [
    'an altered row of transactions',
    `update transactions set amount_minor = amount_minor + 1 where account_id = 'ann' and version = 2`,
    /FAIL {2}read-tables-equal-folds .*\n.*transactions row ann\/2 /,
  ],
  [
    'an altered row of transfers',
    `update transfers set reference = 'gift' where to_account_id = 'bob'`,
    /FAIL {2}read-tables-equal-folds .*\n.*transfers row [\w-]+ differs from its events in reference/,
  ],
  [
    'an altered journal entry',
    `update journal_entries set amount_minor = amount_minor + 1 ${ENTRIES}`,
    /FAIL {2}read-tables-equal-folds .*\n.*journal_entries row account-ann\/2 /,
  ],
  [
    'an altered total',
    `update journal_totals set credits_minor = credits_minor + 1 where account = 'ann'`,
    /FAIL {2}trial-balance-zero .*\n.*EUR: the balances sum to (.*\n)+.*journal_totals row EUR ann /,
  ],
  [
    'an event deleted from the middle',
    `delete from events where stream_id = 'account-ann' and version = 2`,
    /FAIL {2}versions-gapless .*\n.*event account-ann\/3 follows 1(.*\n)+.*log position \d+ is of an event that is not there/,
  ],
  [
    'an outcome removed',
    `delete from outcomes where leg = 'credit' and result = 'done'`,
    /FAIL {2}outcomes-equal-events .*\n.*outcome credit of transfer [\w-]+ is missing, its events say done/,
  ],
  [
    'an outcome altered',
    `update outcomes set result = 'void' where leg = 'refund'`,
    /FAIL {2}outcomes-equal-events .*\n.*outcome refund of transfer [\w-]+ is void, its events say done/,
  ],
  [
    'an event that was lost on its way to the log',
    `delete from log where position = (select position from log_head)`,
    /FAIL {2}log-gapless .*\n.*event account-ann\/\d+ is neither in the log nor in the outbox/,
  ],
  [
    'an outbox row of no event',
    `insert into outbox (id, tenant, stream_id, version) values (1000000, 'test', 'account-ann', 99)`,
    /FAIL {2}log-gapless .*\n.*outbox row 1000000 /,
  ],
])('%s is named, and the command fails', async (_what, alteration, named) => {
  await onCopy(async (copy) => {
    await execute(copy, alteration);
    const { code, stdout } = await verify(copy);
    expect(stdout).toMatch(named);
    expect(code).toBe(1);
  });
});

test('an event that nothing can read is named, even where all that it should have changed went on as before', async () => {
  await onCopy(async (copy) => {
    const version = await appendUnreadable(copy);
    const { code, stdout } = await verify(copy);
    expect(stdout).toMatch(
      new RegExp(`FAIL {2}heads-equal-folds .*\\n.*event account-ann/${version}: nothing can read it`),
    );
    expect(stdout.match(/FAIL/g)).toHaveLength(1);
    expect(code).toBe(1);
  });
});

/** Appends an event of an unknown type, with the hash of its content; all rows move on to it with their old state. */
async function appendUnreadable({ url }: TestDatabase): Promise<number> {
  const pool = createPool({ url, max: 1, name: 'append', log });
  const streamId = accountStream(account('ann'));
  const last = (await listStreamEvents(pool, TENANT, streamId, { limit: 100, after: 0 })).at(-1);
  if (last === undefined) throw new Error('ann has no events');
  const {
    hash: previous,
    position: _place,
    ...event
  } = { ...last, version: last.version + 1, type: 'Unheard' };
  const values = [streamId, last.version, event.version, hashEvent(previous, event)];
  await pool.query(
    `with moved as (update log_head set position = position + 1 returning position),
       placed as (
         insert into log select (jsonb_populate_record(l, jsonb_build_object('version', $3::int, 'position', moved.position))).*
         from log l, moved where stream_id = $1 and version = $2),
       headed as (update heads set version = $3, hash = decode($4, 'hex') where stream_id = $1),
       shown as (update balances b set version = $3, position = moved.position from moved where 'account-' || account_id = $1)
     insert into events (tenant, stream_id, version, type, schema_version, data, metadata, occurred_at, hash)
     select tenant, stream_id, $3, 'Unheard', schema_version, data, metadata, occurred_at, decode($4, 'hex')
     from events where stream_id = $1 and version = $2`,
    values,
  );
  await pool.end();
  return event.version;
}

test('no checkpoint is written of a store that is violated', async () => {
  await onCopy(async (copy) => {
    await execute(copy, `update balances set version = version + 1`);
    const file = join(folder, 'violated.json');
    expect(await verify(copy, '--checkpoint', file, '--key', key)).toMatchObject({ code: 1 });
    await expect(stat(file)).rejects.toThrow('ENOENT');
  });
});

test('a violation is told with the dead letters that may be its reason', async () => {
  await onCopy(async (copy) => {
    await execute(copy, `update balances set version = version - 1 where account_id = 'ann'`);
    await execute(
      copy,
      `insert into dead_letters (dead_letter_id, projection, generation, tenant, stream_id, version, payload, cause, status, created_at)
       select 'letter', 'balances', live_generation, 'test', 'account-ann', 4, '{}', 'nobody can read it', 'parked', now()
       from projections where name = 'balances'`,
    );
    const { code, stdout } = await verify(copy);
    expect(stdout).toMatch(/^ +first: .*balances row ann/m);
    expect(stdout).toMatch(/^ +parked dead letters: 1\. Each keeps its stream/m);
    expect(code).toBe(1);
  });
});

test('a checkpoint still holds after more was written', async () => {
  const file = await checkpointOf(built, 'grown.json');
  await onCopy(async (copy) => {
    await write(copy, (lab) => deposit(lab.pool, 'bob', 3n));
    const { code, stdout } = await against(copy, file);
    expect(stdout).toMatch(/^ok {4}checkpoint of .*: the store still has the same hashes$/m);
    expect(code).toBe(0);
  });
});

test('a chain that was altered and computed anew to its head passes every check but the checkpoint', async () => {
  const file = await checkpointOf(built, 'chain.json');
  await onCopy(async (copy) => {
    await rewriteChain(copy);
    expect(await verify(copy)).toMatchObject({ code: 0 });
    const { code, stdout } = await against(copy, file);
    expect(stdout).toContain('Tenant test differs');
    expect(stdout).toContain('one of event account-ann/2 of tenant test');
    expect(code).toBe(1);
  });
});

/** What somebody with the code and the database can do: another actor, and all hashes from there on right again. */
async function rewriteChain({ url }: TestDatabase): Promise<void> {
  const pool = createPool({ url, max: 1, name: 'rewrite', log });
  const streamId = accountStream(account('ann'));
  const events = await listStreamEvents(pool, TENANT, streamId, { limit: 100, after: 0 });
  let previous = NO_HASH;
  for (const { hash: _old, position: _place, ...event } of events) {
    const actor = event.version === 2 ? 'eve' : event.metadata.actor;
    const metadata = { ...event.metadata, actor };
    previous = hashEvent(previous, { ...event, metadata });
    await pool.query(
      `update events set metadata = $3, hash = decode($4, 'hex') where stream_id = $1 and version = $2`,
      [streamId, event.version, JSON.stringify(metadata), previous],
    );
  }
  await pool.query(`update heads set hash = decode($2, 'hex') where stream_id = $1`, [streamId, previous]);
  await pool.end();
}

test('what was cut off at the end without a trace, or a backup restored, is behind its checkpoint', async () => {
  const later = await copyOf(built);
  await write(later, (lab) => deposit(lab.pool, 'ann', 3n));
  const file = await checkpointOf(later, 'later.json');
  await later.drop();
  expect(await verify(built)).toMatchObject({ code: 0 });
  const behind = await against(built, file);
  expect(behind.stdout).toContain('The checkpoint is ahead of the store');
  expect(behind.code).toBe(1);
  await onCopy(async (copy) => {
    await write(copy, (lab) => deposit(lab.pool, 'bob', 4n));
    const { code, stdout } = await against(copy, file);
    expect(stdout).toMatch(
      /The first difference is between log positions (\d+) and \1: one of event account-bob\//,
    );
    expect(code).toBe(1);
  });
});

test('a checkpoint of another database says so', async () => {
  const other = await createTestDatabase();
  await write(other, (lab) => open(lab.pool, 'cid'));
  const file = await checkpointOf(other, 'other.json');
  await other.drop();
  const { code, stdout } = await against(built, file);
  expect(stdout).toContain('The checkpoint is of another database');
  expect(code).toBe(1);
});

test('an altered file and a foreign key are refused, in one sentence each', async () => {
  const file = await checkpointOf(built, 'signed.json');
  const foreign = join(folder, 'foreign.pem');
  expect(await verify(built, '--new-key', foreign)).toMatchObject({ code: 0 });
  const refused = await against(built, file, `${foreign}.pub`);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr.trim()).toMatch(/does not have the signature of this key: .*\.$/);
  await writeFile(file, (await readFile(file, 'utf8')).replace(/"events": \d+/, '"events": 1'));
  expect(await against(built, file)).toMatchObject({ code: 1, stderr: refused.stderr });
  await writeFile(file, 'nothing');
  expect((await against(built, file)).stderr.trim()).toMatch(/is not a signed checkpoint\.$/);
});

test("a new key is its owner's alone, and replaces none", async () => {
  expect((await stat(key)).mode & 0o777).toBe(0o600);
  const again = await verify(built, '--new-key', key);
  expect(again).toMatchObject({ code: 2, stderr: `${key} cannot be written: it is there already.\n` });
});

test.each([
  ['an unknown option', ['--nothing'], "Unknown option '--nothing'"],
  ['a checkpoint without a key', ['--checkpoint', 'file'], '--checkpoint needs --key'],
  ['a comparison without a key', ['--against', 'file'], '--against needs --public-key'],
])('%s is bad usage: one sentence, no stack', async (_what, args, sentence) => {
  const { code, stdout, stderr } = await verify(built, ...args);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(sentence);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

test('a database that cannot be reached is told in one sentence', async () => {
  const { code, stderr } = await verify({ url: 'postgres://nobody:nothing@127.0.0.1:1/none' });
  expect(code).toBe(2);
  expect(stderr.trim()).toMatch(/^Postgres cannot be reached, or went away: .*$/);
});
