import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { createPool } from '../platform/postgres.ts';
import { migrate } from '../sql/migrate.ts';
import { rewind } from '../sql/rewind.ts';
import { takeBackup } from '../stack/backup.ts';
import { removeFolder } from '../stack/launcher.ts';
import { freePort } from '../stack/ports.ts';
import { createProgress } from '../stack/progress.ts';
import { restoreBackup } from '../stack/restore.ts';
import { get, post } from './http.ts';
import { log } from './lab.ts';
import { newStackFolder, type OwnStack, startOwnStack } from './own-stack.ts';
import { answers, type RemitChild, spawnRemit, waitFor } from './processes.ts';
import { readSse } from './sse.ts';
import { withTemporal } from './with-temporal.ts';

const IDS = ['anna', 'ben', 'cleo', 'dan'];
/** Parts and Remit start from nothing, on a machine that runs other tests. */
const START_TIMEOUT_MS = 120_000;
/** When the scheduled transfer is due: long after the backup has ended, on a busy machine too. */
const DUE_MS = 60_000;
const silently = createProgress('restore', () => undefined);
const folders: string[] = [];
let stack: OwnStack | undefined;
const remit: RemitChild[] = [];
let api: string;

async function newFolder(): Promise<string> {
  const dir = await newStackFolder();
  folders.push(dir);
  return dir;
}

/** What `npm start` does with a folder: the parts, and Remit in two processes. */
async function start(dir: string): Promise<OwnStack> {
  stack = await startOwnStack(dir);
  const env = { ...stack.env, APPROVAL_THRESHOLDS: 'EUR:50.00', SWEEP_AFTER_MS: '500' };
  remit.push(await spawnRemit('api,worker', env, {}), await spawnRemit('projector', env, {}));
  api = remit[0]!.url;
  await waitFor('the API', () => answers(`${api}/healthz`), START_TIMEOUT_MS);
  return stack;
}

async function stop(): Promise<void> {
  await Promise.all(remit.splice(0).map((child) => child.stop()));
  await stack?.down();
  stack = undefined;
}

afterAll(async () => {
  await Promise.all(remit.splice(0).map((child) => child.kill()));
  await stack?.down();
  for (const folder of folders) await removeFolder(folder);
});

const patiently = { prefer: 'wait=30' };
const transfer = (id: string, at: number, amount = '0.01', more: object = {}) => ({
  ...{ id, from: IDS[at % 4], to: IDS[(at + 1 + (at % 3)) % 4], amount, currency: 'EUR' },
  ...more,
});

/** Moves cents around until told to stop; returns the transfers that were answered as completed, in order. */
async function load(prefix: string, signal: AbortSignal): Promise<string[]> {
  const completed: string[] = [];
  const client = async (name: string) => {
    for (let at = 0; !signal.aborted; at += 1) {
      const id = `${prefix}-${name}-${at}`;
      const { status } = await post(`${api}/api/transfers`, transfer(id, at), patiently);
      if (status === 201) completed.push(id);
    }
  };
  await Promise.all(['a', 'b', 'c', 'd'].map(client));
  return completed;
}

async function loadFor(prefix: string, during: () => Promise<unknown>): Promise<string[]> {
  const enough = new AbortController();
  const loading = load(prefix, enough.signal);
  await during().finally(() => enough.abort());
  return loading;
}

const pause = (ms: number) => () => new Promise((done) => setTimeout(done, ms));
const statusOf = async (id: string) => (await get(`${api}/api/transfers/${id}`)).body.status;
type Projection = {
  name: string;
  position: number;
  lag: { events: number };
  rebuild: { status: string } | null;
};
const projections = async () =>
  ((await get(`${api}/api/projections`)).body as { items: Projection[] }).items ?? [];

async function caughtUp(): Promise<void> {
  await waitFor('the projections', async () => {
    const all = await projections();
    return all.length > 0 && all.every(({ lag }) => lag.events === 0);
  });
}

async function expectIntegrity(): Promise<void> {
  const { checks } = (await get(`${api}/api/integrity`)).body as { checks: { ok: boolean }[] };
  expect(checks.length).toBeGreaterThan(3);
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
}

async function rebuildAll(): Promise<void> {
  for (const { name } of await projections()) {
    expect((await post(`${api}/api/projections/${name}/rebuild`, {})).status).toBe(202);
  }
  await waitFor('the rebuilds', async () =>
    (await projections()).every(({ rebuild }) => rebuild?.status === 'completed'),
  );
}

/** Reads the restored store as it lies there, before anything runs on it. */
async function prepare(url: string) {
  await migrate(url);
  const pool = createPool({ url, max: 2, name: 'restore', log });
  try {
    const before = await pool.query<{ sent: bigint; head: bigint }>(
      `select (select position from relay_cursors where name = 'kafka') as sent, (select position from log_head) as head`,
    );
    return { ...(await rewind(pool, pool)), before: before.rows[0]! };
  } finally {
    await pool.end();
  }
}

const restore = async (backup: string, dir: string, force = false) =>
  restoreBackup({
    ...{ backup, dir, force, prepare, progress: silently },
    ...{ port: await freePort(), signal: new AbortController().signal },
  });

const scheduleOf = (address: string, id: string) =>
  withTemporal(address, ({ schedule }) =>
    schedule
      .getHandle(`main/standing-order/${id}`)
      .describe()
      .then(
        () => true,
        () => false,
      ),
  );

test('a backup taken under load is restored elsewhere: all that it accepted ends, and the ledger goes on', {
  timeout: 600_000,
}, async () => {
  const first = await start(await newFolder());
  for (const id of IDS) {
    const body = { id, currency: 'EUR', initialDeposit: '1000.00' };
    expect((await post(`${api}/api/accounts`, body, patiently)).status).toBe(201);
  }
  const early = await loadFor('early', pause(1_000));
  expect(early.length).toBeGreaterThan(0);
  // What waits in Temporal when the backup is taken: for a person, for its time, for its next run.
  const executeAt = new Date(Date.now() + DUE_MS).toISOString();
  await post(`${api}/api/transfers`, transfer('approve-me', 0, '60.00'), patiently);
  await post(`${api}/api/transfers`, transfer('later', 1, '0.01', { executeAt }), patiently);
  const order = { id: 'rent', from: 'anna', to: 'ben', amount: '0.01', currency: 'EUR', every: '2h' };
  expect((await post(`${api}/api/standing-orders`, order, patiently)).status).toBe(201);
  expect([await statusOf('approve-me'), await statusOf('later')]).toEqual(['awaiting_approval', 'scheduled']);

  const backup = join(await newFolder(), 'backup');
  const during = await loadFor('during', () =>
    takeBackup({ dir: first.dir, url: first.env.DATABASE_URL, folder: backup }),
  );
  expect(during.length).toBeGreaterThan(0);
  expect(await readdir(backup)).toEqual(['backup.json', 'postgres']);
  await expect(restore(backup, first.dir)).rejects.toThrow(/already runs .* stop it first/);
  // Afterwards what waited ends here, so that this Temporal and Kafka know more than the backup does.
  const after = await loadFor('after', pause(1_000));
  expect(after.length).toBeGreaterThan(0);
  for (const [id, action] of [
    ['later', 'cancel'],
    ['approve-me', 'decline'],
  ] as const) {
    const ended = await post(`${api}/api/transfers/${id}/${action}`, { reason: 'not now' }, patiently);
    expect(ended.status, ended.text).toBe(200);
  }
  await stop();

  const elsewhere = await newFolder();
  const { prepared } = await restore(backup, elsewhere);
  expect(prepared.unfinished).toBeGreaterThanOrEqual(2);
  expect(prepared.sentFrom).toBeLessThanOrEqual(prepared.before.sent);
  const second = await start(elsewhere);
  const db = new pg.Pool({ connectionString: second.env.DATABASE_URL, max: 2 });
  try {
    const openOnes = async () =>
      (await db.query(`select resource_id from commands where status = 'accepted'`)).rows.map((row) =>
        String(row.resource_id),
      );
    await waitFor(
      'every accepted command but the one that waits for a person',
      async () => (await openOnes()).every((id) => id === 'approve-me'),
      DUE_MS + START_TIMEOUT_MS,
    );
  } finally {
    await db.end();
  }
  for (const id of early) expect(await statusOf(id), id).toBe('completed');
  expect(await statusOf('later')).toBe('completed');
  expect(await statusOf('approve-me')).toBe('awaiting_approval');
  const approval = await post(`${api}/api/transfers/approve-me/approve`, { reason: 'fine' }, patiently);
  expect(approval.status, approval.text).toBe(200);
  await waitFor('the approved transfer', async () => (await statusOf('approve-me')) === 'completed');
  await waitFor('the schedule of the standing order', () => scheduleOf(second.env.TEMPORAL_ADDRESS, 'rent'));

  // The relay sent what the tables lacked, so they catch up by themselves; a rebuild finds nothing else.
  await caughtUp();
  await expectIntegrity();
  await rebuildAll();
  await expectIntegrity();

  // What was acknowledged after the backup is gone, and its ids are free.
  const lost = after.at(-1)!;
  expect((await get(`${api}/api/transfers/${lost}`)).status).toBe(404);
  const head = (await projections())[0]!.position;
  const live = readSse(
    await fetch(`${api}/api/events/stream`, { headers: { 'last-event-id': String(head) } }),
  );
  expect((await post(`${api}/api/transfers`, transfer(lost, 0), patiently)).status).toBe(201);
  expect([(await live.nextEvent()).id, (await live.nextEvent()).id]).toEqual([`${head + 1}`, `${head + 2}`]);
  await live.close();
  await caughtUp();
  const timeline = (await get(`${api}/api/transfers/${lost}/timeline`)).text;
  expect(timeline).toMatch(/"offset"/);
  await expectIntegrity();
  await stop();

  await expect(restore(backup, elsewhere)).rejects.toThrow(/has data: .* --force/);
  expect((await restore(backup, elsewhere, true)).prepared.head).toBe(prepared.head);
  expect(await readdir(elsewhere)).not.toContain('kafka');
});
