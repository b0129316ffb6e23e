import { afterAll, beforeAll, expect, test } from 'vitest';
import { isConflict } from '../platform/postgres.ts';
import { deposit, open, openProjectorLab, type ProjectorLab } from '../test/projecting.ts';
import { sequence } from './sequence.ts';

let lab: ProjectorLab;
beforeAll(async () => {
  lab = await openProjectorLab();
});
afterAll(() => lab.close());

test('a version that a stream has already is refused, whatever its head says', async () => {
  await open(lab.pool, 'twice');
  const before = (await lab.pool.query(`select * from heads where stream_id = 'account-twice'`)).rows[0];
  await deposit(lab.pool, 'twice');
  // As a restore of one table alone would leave it: the head is older than its events.
  await lab.pool.query(
    `update heads set version = $1, state = $2, hash = $3 where stream_id = 'account-twice'`,
    [before.version, JSON.stringify(before.state), before.hash],
  );
  const failure = await deposit(lab.pool, 'twice').catch((error: unknown) => error);
  expect(isConflict(failure)).toBe(true);
  const { rows } = await lab.pool.query(
    `select version from events where stream_id = 'account-twice' order by version`,
  );
  expect(rows.map(({ version }) => version)).toEqual([1, 2, 3]);
});

test('two sequencers at once give each event one place, even if both believe that they lead', async () => {
  for (let at = 0; at < 20; at += 1) await open(lab.pool, `s${at}`);
  const { rows: before } = await lab.pool.query<{ events: number }>(
    'select count(*)::int as events from outbox',
  );
  const sequencer = async () => {
    const client = await lab.pool.connect();
    try {
      let moved = 0;
      for (let more = 1; more > 0; moved += more) more = await sequence(client, 1, 3);
      return moved;
    } finally {
      client.release();
    }
  };
  const moved = await Promise.all([sequencer(), sequencer(), sequencer()]);
  expect(moved.reduce((sum, one) => sum + one, 0)).toBe(before[0]?.events);
  const { rows } = await lab.pool.query(
    `select (select count(*)::int from outbox) as left, count(*)::int as places, max(position)::int as last from log`,
  );
  expect(rows[0]).toEqual({ left: 0, places: before[0]?.events, last: before[0]?.events });
});
