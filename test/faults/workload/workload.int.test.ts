import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createChance } from '../../../cli/demo/chance.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { type RemitChild, startRemit, waitFor } from '../../processes.ts';
import { createLoad } from './clients.ts';
import { judge } from './judge.ts';
import { judgeRebuild } from './rebuild.ts';
import { createSampler, sampleOnce } from './sampler.ts';

const run = `w${Date.now().toString(36)}`;
let database: TestDatabase;
let db: pg.Pool;
let front: RemitChild;
let projector: RemitChild;

beforeAll(async () => {
  database = await createTestDatabase();
  db = new pg.Pool({ connectionString: database.url, max: 4 });
  const env = {
    ...inject('stack'),
    DATABASE_URL: database.url,
    TEMPORAL_TASK_QUEUE: run,
    KAFKA_TOPIC: run,
    KAFKA_DEAD_LETTER_TOPIC: `${run}.dead`,
    KAFKA_GROUP: run,
  };
  [front, projector] = await Promise.all([startRemit('api,worker', env), startRemit('projector', env)]);
});
afterAll(async () => {
  await Promise.all([front?.stop(), projector?.stop()]);
  await db?.end();
  await database?.drop();
});

/** What is accepted and not final, and what is committed and not in every read table. */
const OPEN = `
  select (select count(*) from commands where status = 'accepted') + (select count(*) from outbox)
    + (select count(*) from projections where position < (select position from log_head)) as open`;

test('a load without any fault keeps all ten invariants and proves each; then a total and a head that are altered are each seen', async () => {
  const beganAt = Date.now();
  const { load, open, begin, end } = createLoad({ chance: createChance(5), addresses: [front.url], run });
  const sampler = createSampler(db);
  await open();
  sampler.begin();
  begin();
  await load.answered(150, 120_000);
  const healedAt = Date.now();
  const observations = await end();
  const samples = await sampler.end();
  const isQuiet = async () => Number((await db.query<{ open: bigint | string }>(OPEN)).rows[0]?.open) === 0;
  await waitFor('everything to be quiet', isQuiet, 55_000);
  const { accounts } = load;
  const told = { observations, samples, db, address: front.url, accounts, beganAt, healedAt };
  const verdicts = await judge({ ...told, plantedLetters: 0, mayGiveUp: [], rebuild: true });
  expect(verdicts.filter(({ ok, checked }) => !ok || checked === 0)).toEqual([]);
  expect(verdicts.map(({ invariant }) => invariant)).toEqual(
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((number) => `I${number}`),
  );
  if (process.env.TEST_LOG_LEVEL) console.log(load.now(), verdicts);
  const altering = `update journal_totals set credits_minor = credits_minor + 1 where account = $1 and credits_minor > 0`;
  expect((await db.query(altering, [accounts.hot])).rowCount).toBeGreaterThan(0);
  expect(await judgeRebuild(db, front.url)).toMatchObject({
    ok: false,
    violation: expect.stringContaining('journal_totals has'),
  });
  await db.query(`update heads set state = state || '{"balanceMinor": "-9999"}' where stream_id = $1`, [
    `account-${accounts.hot}`,
  ]);
  const altered = await sampleOnce(db);
  expect(altered).toMatchObject([
    { invariant: 'I1', ok: false, violation: expect.stringContaining('deposits less withdrawals') },
    { invariant: 'I2', ok: false, violation: `account-${accounts.hot} is below its limit` },
  ]);
}, 300_000);
