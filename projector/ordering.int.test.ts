import { afterAll, beforeAll, expect, test } from 'vitest';
import { accountStream } from '../domain/ids.ts';
import { readLog, readLogHead } from '../sql/read-log.ts';
import {
  account,
  caughtUp,
  open,
  openProjectorLab,
  type ProjectorLab,
  readTables,
  TENANT,
  transfer,
} from '../test/projecting.ts';
import { createSequencer } from './sequencer.ts';

let lab: ProjectorLab;
beforeAll(async () => {
  lab = await openProjectorLab();
});
afterAll(() => lab.close());

/** An append whose outbox id is drawn now and whose commit comes when the test says so. */
async function slowAppend(id: string) {
  const client = await lab.pool.connect();
  await client.query('begin');
  await client.query(
    `insert into events (tenant, stream_id, version, type, schema_version, data, metadata, occurred_at, hash)
     select $1, $2, 1, 'AccountOpened', 1,
       jsonb_build_object('accountId', $3::text, 'ownerId', null, 'name', null, 'currency', 'EUR',
         'overdraftLimitMinor', '0', 'metadata', '{}'::jsonb),
       '{"commandId":"c","correlationId":"c","causationId":"c","actor":"test"}', now(), '\\x00'`,
    [TENANT, accountStream(account(id)), id],
  );
  const { rows } = await client.query<{ id: bigint }>(
    `insert into outbox (id, tenant, stream_id, version) values (nextval('event_id'), $1, $2, 1) returning id`,
    [TENANT, accountStream(account(id))],
  );
  const commit = async () => {
    await client.query('commit');
    client.release();
  };
  return { id: rows[0]!.id, commit };
}

test('appends that commit in reverse order of their ids are paged once each, without gaps', async () => {
  const stop = new AbortController();
  const running = createSequencer({ pool: lab.pool, partitions: 3 })(stop.signal, () => undefined);
  const seen: string[] = [];
  let cursor = 0n;
  const page = async () => {
    const entries = await readLog(lab.pool, cursor, 100);
    for (const { event } of entries) {
      expect(event.position).toBe(cursor + 1n);
      cursor = event.position;
      seen.push(event.streamId);
    }
  };
  const pageUntil = async (head: bigint) => {
    while (cursor < head) await page();
  };

  const first = await slowAppend('early');
  const second = await slowAppend('late');
  expect(first.id < second.id).toBe(true);
  await second.commit();
  await pageUntil(1n);
  expect(seen).toEqual(['account-late']);
  await first.commit();
  await pageUntil(2n);
  expect(seen).toEqual(['account-late', 'account-early']);

  stop.abort();
  await running;
  expect(await readLogHead(lab.pool)).toBe(2n);
  await lab.pool.query(`truncate events, outbox, log; update log_head set position = 0`);
});

test('two projectors at once give each event one position and one row', async () => {
  const one = lab.start();
  const other = lab.start();
  await Promise.all(['a', 'b', 'c', 'd'].map((id) => open(lab.pool, id)));
  const pairs = Array.from({ length: 60 }, (_, i) => ['abcd'[i % 4]!, 'abcd'[(i + 1) % 4]!] as const);
  const half = Promise.all(pairs.slice(0, 30).map(([from, to]) => transfer(lab.pool, from, to)));
  await half;
  // The leader of everything goes; the other takes over without losing or repeating anything.
  await lab.stop(one);
  await Promise.all(pairs.slice(30).map(([from, to]) => transfer(lab.pool, from, to)));
  await caughtUp(lab);

  const { rows } = await lab.pool.query(
    `select count(*)::int as events, (select count(*)::int from log) as logged,
       (select count(*)::int from outbox) as left, (select position::int from log_head) as head from events`,
  );
  expect(rows[0]).toEqual({ events: 128, logged: 128, left: 0, head: 128 });
  const tables = await readTables(lab.readPool);
  expect(tables.transactions).toHaveLength(124);
  expect(tables.transfers).toHaveLength(60);
  expect(new Set(tables.transfers.map((row) => row.status))).toEqual(new Set(['completed']));
  expect(tables.totals.find((row) => row.account === 'transit')).toMatchObject({
    debits: '60',
    credits: '60',
  });
  expect(other.health().ok).toBe(true);
});
