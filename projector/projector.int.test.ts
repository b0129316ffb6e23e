import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readAccount } from '../sql/read-account.ts';
import { readProjections } from '../sql/read-projections.ts';
import { requestRebuild } from '../sql/request-rebuild.ts';
import {
  account,
  caughtUp,
  open,
  openProjectorLab,
  type ProjectorLab,
  readHeads,
  readTables,
  TENANT,
  transfer,
  until,
} from '../test/projecting.ts';
import { PROJECTION_NAMES } from './projections.ts';

let lab: ProjectorLab;
beforeEach(async () => {
  lab = await openProjectorLab();
});
afterEach(() => lab.close());

const IDS = ['a', 'b', 'c', 'd'];

/** Random transfers among the accounts until stopped; two at a time, as a busy ledger has them. */
function keepTransferring(): { stop(): Promise<void>; count(): number } {
  let stopped = false;
  let count = 0;
  const run = async () => {
    while (!stopped) {
      const [from, to] = [count % 4, (count * 7 + 1 + (count % 3)) % 4];
      count += 1;
      if (from !== to) await transfer(lab.pool, IDS[from]!, IDS[to]!, 3n, count % 5 === 0);
    }
  };
  const runs = [run(), run()];
  return {
    count: () => count,
    async stop() {
      stopped = true;
      await Promise.all(runs);
    },
  };
}

/** Reads accounts over and over and fails where a version goes back. */
function watchVersions(ids: readonly string[]) {
  let stopped = false;
  let reads = 0;
  const backwards: string[] = [];
  const sources = new Set<string>();
  const watch = async (id: string) => {
    let last = 0;
    while (!stopped) {
      const view = await readAccount(lab.readPool, lab.pool, TENANT, account(id));
      reads += 1;
      if (view !== undefined) sources.add(view.source);
      const version = view?.version ?? 0;
      if (version < last) backwards.push(`${id}: ${last} then ${version} (${view?.source})`);
      last = version;
      await delay(1);
    }
  };
  const watches = ids.flatMap((id) => [watch(id), watch(id)]);
  return {
    async stop() {
      stopped = true;
      await Promise.all(watches);
      return { backwards, reads, sources };
    },
  };
}

async function expectBalancesToMatchHeads() {
  const { balances } = await readTables(lab.readPool);
  expect(
    balances.map(({ account_id, version, balance_minor }) => ({ account_id, version, balance_minor })),
  ).toEqual(await readHeads(lab.pool));
}

test('reads never go backwards while rows are deleted under transfers, nor for new accounts', async () => {
  lab.start();
  const watching = watchVersions([...IDS, 'n1', 'n2', 'n3']);
  await Promise.all(IDS.map((id) => open(lab.pool, id)));
  const transferring = keepTransferring();
  for (let i = 0; i < 25; i += 1) {
    await lab.readPool.query(`delete from balances where account_id = $1`, [IDS[i % 4]]);
    if (i % 8 === 4) {
      const id = `n${Math.ceil(i / 8)}`;
      await open(lab.pool, id);
      await transfer(lab.pool, id, 'a');
    }
    await delay(60);
  }
  await transferring.stop();
  // One more event each, so that the last deleted rows come back.
  for (const id of IDS) await transfer(lab.pool, id, id === 'a' ? 'b' : 'a');
  await caughtUp(lab);
  const { backwards, reads, sources } = await watching.stop();
  expect(backwards).toEqual([]);
  expect(reads).toBeGreaterThan(500);
  expect(sources).toEqual(new Set(['row', 'head']));
  await expectBalancesToMatchHeads();
});

test('a rebuild under writes comes to the same tables, and reads never go backwards', async () => {
  lab.start();
  await Promise.all(IDS.map((id) => open(lab.pool, id)));
  const transferring = keepTransferring();
  await until('there is something to rebuild', async () => transferring.count() > 100);
  const watching = watchVersions(IDS);
  for (const name of PROJECTION_NAMES) {
    expect(await requestRebuild(lab.readPool, name, `rebuild-${name}`)).toBe('requested');
  }
  expect(await requestRebuild(lab.readPool, 'balances', 'again')).toBe('already-running');
  expect(await requestRebuild(lab.readPool, 'nothing', 'again')).toBe('unknown');
  await until('all are rebuilt', async () => {
    const statuses = await readProjections(lab.readPool, lab.pool, new Date());
    return statuses.every(({ rebuild }) => rebuild?.status === 'completed' && rebuild.progress === 1);
  });
  await transferring.stop();
  await caughtUp(lab);
  expect((await watching.stop()).backwards).toEqual([]);
  await expectBalancesToMatchHeads();

  const once = await readTables(lab.readPool);
  expect(once.balances).toHaveLength(4);
  await Promise.all(PROJECTION_NAMES.map((name) => requestRebuild(lab.readPool, name, `second-${name}`)));
  await until('the second rebuild is live', async () => {
    const { rows } = await lab.readPool.query(`select 1 from projections where live_generation = 3`);
    return rows.length === 4;
  });
  expect(await readTables(lab.readPool)).toEqual(once);
  await until('old generations are deleted', async () => {
    const { rows } = await lab.readPool.query(
      `select 1 from applied_versions where generation < 3 union all select 1 from journal_entries where generation < 3`,
    );
    return rows.length === 0;
  });
});

test('connections that are cut all the time, during a rebuild too, lose and repeat nothing', async () => {
  lab.start();
  await Promise.all(IDS.map((id) => open(lab.pool, id)));
  const transferring = keepTransferring();
  await requestRebuild(lab.readPool, 'journal', 'r1');
  await requestRebuild(lab.readPool, 'balances', 'r2');
  let cut = 0;
  for (let i = 0; i < 15; i += 1) {
    // The read side's connections, and whoever leads on the write side.
    const { rowCount } = await lab.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()
         and (application_name = 'test-read' or pid in (select pid from pg_locks where locktype = 'advisory'))`,
    );
    cut += rowCount ?? 0;
    await delay(150);
  }
  await transferring.stop();
  expect(cut).toBeGreaterThan(15);
  await until('both are rebuilt and everything is applied', async () => {
    const statuses = await readProjections(lab.readPool, lab.pool, new Date());
    const rebuilt = statuses.filter(({ rebuild }) => rebuild?.status === 'completed');
    return rebuilt.length === 2 && statuses.every(({ lag }) => lag.events === 0n);
  });
  await expectBalancesToMatchHeads();
  const { transactions, entries, totals } = await readTables(lab.readPool);
  expect(entries).toHaveLength(transactions.length);
  const transit = totals.find((row) => row.account === 'transit');
  expect(transit?.debits).toBe(transit?.credits);
  const { rows } = await lab.readPool.query(`select * from dead_letters`);
  expect(rows).toEqual([]);
});

test('deleted offsets mean that everything is consumed again, and the tables stay the same', async () => {
  const first = lab.start();
  await Promise.all(IDS.map((id) => open(lab.pool, id)));
  for (let i = 0; i < 10; i += 1) await transfer(lab.pool, 'a', 'b', 2n, i % 3 === 0);
  await caughtUp(lab);
  const once = await readTables(lab.readPool);
  await lab.stop(first);
  const admin = lab.kafka.admin();
  await admin.connect();
  await admin.deleteGroups([lab.config.KAFKA_GROUP]);
  // The relay's cursor is lost as well: every event is sent a second time.
  await lab.pool.query(`delete from relay_cursors`);
  lab.start();
  await transfer(lab.pool, 'c', 'd');
  await caughtUp(lab);
  await until('the group has consumed everything again', async () => {
    const [offsets] = await admin.fetchOffsets({
      groupId: lab.config.KAFKA_GROUP,
      topics: [lab.config.KAFKA_TOPIC],
    });
    const ends = await admin.fetchTopicOffsets(lab.config.KAFKA_TOPIC);
    return ends.every((end) =>
      offsets!.partitions.some(
        (p) => p.partition === end.partition && (p.offset === end.offset || end.offset === '0'),
      ),
    );
  });
  await admin.disconnect();
  const again = await readTables(lab.readPool);
  expect(again.transfers).toHaveLength(once.transfers.length + 1);
  expect(again.transactions).toHaveLength(once.transactions.length + 2);
  await expectBalancesToMatchHeads();
});

test('garbage in Kafka goes to the dead-letter topic with its cause, and the rest goes on', async () => {
  lab.start();
  await Promise.all(IDS.map((id) => open(lab.pool, id)));
  await caughtUp(lab);
  const producer = lab.kafka.producer();
  await producer.connect();
  await producer.send({
    topic: lab.config.KAFKA_TOPIC,
    messages: [{ key: 'test/account-a', value: 'not json' }],
  });
  await producer.disconnect();
  const causes: string[] = [];
  const consumer = lab.kafka.consumer({ groupId: `${lab.config.KAFKA_GROUP}-dead` });
  await consumer.connect();
  await consumer.subscribe({ topic: lab.config.KAFKA_DEAD_LETTER_TOPIC, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      causes.push(`${message.headers?.projection}: ${message.headers?.cause}: ${message.value}`);
    },
  });
  await until('the letters are sent', async () => causes.length >= 4);
  await consumer.disconnect();
  expect(causes.sort()[0]).toMatch(/^balances: SyntaxError: .*: not json$/);

  await transfer(lab.pool, 'a', 'b', 5n);
  await caughtUp(lab);
  const { balances } = await readTables(lab.readPool);
  expect(balances.find((row) => row.account_id === 'b')).toMatchObject({ version: 3 });
  expect(balances.find((row) => row.account_id === 'a')).toMatchObject({ version: 2 });
});
