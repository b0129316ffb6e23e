import { execFile } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { applyChunk } from '../projector/apply-chunk.ts';
import { deliver, readMessage } from '../projector/delivery.ts';
import { readLog } from '../sql/read-log.ts';
import { sequence } from '../sql/sequence.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { open, openProjectorLab, type ProjectorLab, readTables } from './projecting.ts';

let database: TestDatabase;
let lab: ProjectorLab;
beforeAll(async () => {
  database = await createTestDatabase();
  lab = await openProjectorLab({ database, partitions: 1 });
});
afterAll(() => lab.close());

/** Runs the command as an operator would; answers with its exit code and what it said. */
function command(id: string): Promise<{ code: number; said: string }> {
  const args = ['--import', 'tsx', 'cli/replay-dead-letter.ts', id];
  const env = { ...process.env, DATABASE_URL: database.url, READ_DATABASE_URL: database.url };
  return new Promise((done) => {
    execFile(process.execPath, args, { env, timeout: 60_000 }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code), said: stdout + stderr }),
    );
  });
}

test('the command replays a letter, and does it itself where no projector runs', {
  timeout: 120_000,
}, async () => {
  await open(lab.pool, 'a');
  const client = await lab.pool.connect();
  while ((await sequence(client, 1_000, 1)) > 0);
  client.release();
  const events = (await readLog(lab.pool, 0n, 100)).map(({ event }) => event);
  const garbage = readMessage(
    { key: Buffer.from('test/account-a'), value: Buffer.from('?'), offset: '9' },
    0,
  );
  const options = { pool: lab.pool, readPool: lab.readPool, topic: 'events' };
  await applyChunk({ ...options, heartbeat: async () => {} }, [
    garbage,
    ...events.map((event) => deliver(event)),
  ]);
  expect((await readTables(lab.readPool)).balances).toEqual([]);

  const { rows } = await lab.readPool.query<{ id: string }>(
    `select dead_letter_id as id from dead_letters where projection = 'balances'`,
  );
  const [letter] = rows;
  const replayed = await command(letter!.id);
  expect(replayed).toEqual({ code: 0, said: `Dead letter ${letter!.id}: replayed.\n` });
  expect((await readTables(lab.readPool)).balances).toMatchObject([{ account_id: 'a', version: 2 }]);
  expect(await command('nope')).toEqual({ code: 1, said: 'There is no dead letter nope.\n' });
});
