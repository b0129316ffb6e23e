import { afterEach, beforeEach, expect, test } from 'vitest';
import { readLog } from '../sql/read-log.ts';
import { readProjections } from '../sql/read-projections.ts';
import {
  beginRebuild,
  failRebuild,
  type Rebuild,
  readRebuild,
  readStanding,
  swapGenerations,
} from '../sql/rebuild.ts';
import { requestRebuild } from '../sql/request-rebuild.ts';
import { sequence } from '../sql/sequence.ts';
import { deposit, open, openProjectorLab, type ProjectorLab, until } from '../test/projecting.ts';
import { applyChunk } from './apply-chunk.ts';
import { deliver } from './delivery.ts';
import { createRebuilder } from './rebuild.ts';

let lab: ProjectorLab;
beforeEach(async () => {
  lab = await openProjectorLab({ partitions: 1 });
});
afterEach(() => lab.close());

async function begin(id: string): Promise<Rebuild> {
  expect(await requestRebuild(lab.readPool, 'balances', id)).toBe('requested');
  const asked = await readRebuild(lab.readPool);
  const begun = asked && (await beginRebuild(lab.readPool, asked, 0n));
  if (begun === undefined) throw new Error('the rebuild did not begin');
  return begun;
}

async function projection(name = 'balances') {
  const { rows } = await lab.readPool.query(`select * from projections where name = $1`, [name]);
  return rows[0];
}

function addLetter(generation: number) {
  return lab.readPool.query(
    `insert into dead_letters (dead_letter_id, projection, generation, tenant, stream_id, version, payload, cause,
       status, created_at)
     values ($1, 'balances', $2, 'test', 'account-a', 1, '', '', 'parked', now())`,
    [`letter-${generation}`, generation],
  );
}

const parkedLetters = () =>
  lab.readPool
    .query(`select generation from dead_letters where status = 'parked' order by 1`)
    .then(({ rows }) => rows.map((row) => row.generation));

/** Fills log and live tables as the projector does, without a projector. */
async function applyAll(): Promise<void> {
  const client = await lab.pool.connect();
  while ((await sequence(client, 1_000, 1)) > 0);
  client.release();
  const entries = await readLog(lab.pool, 0n, 10_000);
  const deliveries = entries.map(({ event }) =>
    deliver(event, { partition: 0, offset: `${event.position}` }),
  );
  const heartbeat = async () => {};
  const options = { pool: lab.pool, readPool: lab.readPool, topic: 'events', heartbeat };
  await applyChunk(options, deliveries);
}

/** Runs a rebuilder over this read pool until the condition holds. */
async function rebuildUntil(readPool: ProjectorLab['readPool'], holds: () => Promise<boolean>) {
  const abort = new AbortController();
  const loop = createRebuilder({ pool: lab.pool, readPool, log: lab.log });
  const ended = loop(abort.signal, () => undefined);
  try {
    await until('the rebuild comes to where the test wants it', holds);
  } finally {
    abort.abort();
    await ended.catch(() => undefined);
  }
}

type Statement = { name: string; text: string; values: unknown[] };

/** The read pool, told of each statement of this name before it runs, and after each commit. */
function watched(hooks: { before?: (name: string, values: unknown[]) => void; committed?: () => void }) {
  const query = async (statement: Statement) => {
    hooks.before?.(statement.name, statement.values);
    return lab.readPool.query(statement);
  };
  const connect = async () => {
    const client = await lab.readPool.connect();
    const names: string[] = [];
    const told = async (statement: string | Statement) => {
      const result = await client.query(statement);
      names.push(typeof statement === 'string' ? statement : statement.name);
      if (statement === 'commit' && names.includes('swap-generations')) hooks.committed?.();
      return result;
    };
    return Object.create(client, {
      query: { value: told },
      release: { value: (error?: Error) => client.release(error) },
    });
  };
  return Object.create(lab.readPool, { query: { value: query }, connect: { value: connect } });
}

test('a swap that is tried again after it went through changes nothing', async () => {
  const rebuild = await begin('r1');
  await addLetter(1);
  await addLetter(2);
  expect(await swapGenerations(lab.readPool, rebuild)).toBe(true);
  expect(await parkedLetters()).toEqual([2]);
  expect(await swapGenerations(lab.readPool, rebuild)).toBe(false);
  expect(await readStanding(lab.readPool, rebuild)).toBe('live');
  expect(await parkedLetters()).toEqual([2]);
  expect(await projection()).toMatchObject({ live_generation: 2, building_generation: null });
});

test('a rebuilder that is late neither swaps nor fails what another builds', async () => {
  const late = await begin('r1');
  await swapGenerations(lab.readPool, late);
  const other = await begin('r2');
  await addLetter(2);
  await addLetter(3);
  expect(await readStanding(lab.readPool, late)).toBe('gone');
  expect(await swapGenerations(lab.readPool, late)).toBe(false);
  expect(await failRebuild(lab.readPool, late, 'late')).toBe(false);
  expect(await parkedLetters()).toEqual([2, 3]);
  expect(await readStanding(lab.readPool, other)).toBe('open');
  expect(await projection()).toMatchObject({ live_generation: 2, building_generation: 3, rebuild_id: 'r2' });
});

test('one request opens one generation, and the number of a failed one is never used again', async () => {
  await requestRebuild(lab.readPool, 'balances', 'r1');
  const asked = await readRebuild(lab.readPool);
  const begun = await beginRebuild(lab.readPool, asked!, 0n);
  expect(begun?.generation).toBe(2);
  expect(await beginRebuild(lab.readPool, asked!, 0n)).toBeUndefined();
  expect(await failRebuild(lab.readPool, begun!, 'as the test wants')).toBe(true);
  expect((await begin('r2')).generation).toBe(3);
});

test('a swap whose COMMIT went through but was not answered is done', async () => {
  await open(lab.pool, 'a');
  await applyAll();
  await addLetter(2);
  await requestRebuild(lab.readPool, 'balances', 'r1');
  let [lost, swept] = [0, 0];
  const readPool = watched({
    before(name) {
      if (lost > 0 && name === 'delete-old-balances') swept += 1;
    },
    committed() {
      lost += 1;
      throw Object.assign(new Error('the reply was lost'), { code: 'ECONNRESET', syscall: 'read' });
    },
  });
  // It sweeps when the rebuild is over.
  await rebuildUntil(readPool, async () => swept > 0);
  expect(lost).toBe(1);
  expect(await projection()).toMatchObject({ live_generation: 2, rebuild_status: 'completed' });
  expect(await parkedLetters()).toEqual([2]);
  const { rows } = await lab.readPool.query(`select generation, version from balances where generation = 2`);
  expect(rows).toEqual([{ generation: 2, version: 2 }]);
});

test('what is committed while a rebuild waits for its swap is in the new generation', async () => {
  await open(lab.pool, 'a');
  await applyAll();
  await requestRebuild(lab.readPool, 'balances', 'r1');
  let looks = 0;
  // The third look at the log's end is the swap's own: the first is for the target, the second for how far it is.
  const query = async (statement: Statement) => {
    if (statement.name === 'read-log-head') looks += 1;
    if (statement.name === 'read-log-head' && looks === 3) {
      await deposit(lab.pool, 'a');
      const client = await lab.pool.connect();
      await sequence(client, 1_000, 1);
      client.release();
    }
    return lab.pool.query(statement);
  };
  const pool = Object.create(lab.pool, { query: { value: query } });
  const abort = new AbortController();
  const rebuilding = createRebuilder({ pool, readPool: lab.readPool, log: lab.log })(abort.signal, () => {});
  await until('the rebuild is live', async () => (await projection()).rebuild_status === 'completed');
  abort.abort();
  await rebuilding;
  const { rows } = await lab.readPool.query(`select version from balances where generation = 2`);
  expect(rows).toEqual([{ version: 3 }]);
});

test('a rebuilder that is told to stop while it clears the ground opens nothing', async () => {
  await requestRebuild(lab.readPool, 'balances', 'r1');
  const abort = new AbortController();
  let sweeps = 0;
  const readPool = watched({
    before(name, values) {
      if (name !== 'delete-old-applied_versions' || values[0] !== 'balances') return;
      sweeps += 1;
      if (sweeps === 2) abort.abort();
    },
  });
  const loop = createRebuilder({ pool: lab.pool, readPool, log: lab.log });
  await loop(abort.signal, () => undefined).catch(() => undefined);
  expect(sweeps).toBe(2);
  expect(await projection()).toMatchObject({ rebuild_status: 'requested', building_generation: null });
});

test('a row that Postgres refuses parks its stream in the new generation, and the rebuild goes on', async () => {
  for (const id of ['a', 'b', 'c']) await open(lab.pool, id);
  await deposit(lab.pool, 'b', 13n);
  await deposit(lab.pool, 'b', 14n);
  await deposit(lab.pool, 'c', 15n);
  await applyAll();
  await lab.readPool.query(
    `alter table journal_entries add constraint unlucky check (generation < 2 or amount_minor <> 13)`,
  );
  await requestRebuild(lab.readPool, 'journal', 'r1');
  await rebuildUntil(lab.readPool, async () => {
    const [journal] = (await readProjections(lab.readPool, lab.pool, new Date())).filter(
      ({ name }) => name === 'journal',
    );
    return journal?.rebuild?.status === 'completed' || journal?.rebuild?.status === 'failed';
  });
  expect(await projection('journal')).toMatchObject({ rebuild_status: 'completed', live_generation: 2 });
  const { rows: letters } = await lab.readPool.query(`select * from dead_letters`);
  expect(letters).toMatchObject([{ generation: 2, stream_id: 'account-b', version: 3, status: 'parked' }]);
  const { rows } = await lab.readPool.query(
    `select stream_id, max(version) as version from journal_entries where generation = 2 group by 1 order by 1`,
  );
  expect(rows.map((row) => [row.stream_id, row.version])).toEqual([
    ['account-a', 2],
    ['account-b', 2],
    ['account-c', 3],
  ]);
});
