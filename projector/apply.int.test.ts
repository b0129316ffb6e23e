import { afterEach, beforeEach, expect, test } from 'vitest';
import { readAccount } from '../sql/read-account.ts';
import { readLog, readLogHead } from '../sql/read-log.ts';
import { sequence } from '../sql/sequence.ts';
import { readTrialBalance } from '../sql/trial-balance.ts';
import {
  account,
  deposit,
  open,
  openProjectorLab,
  type ProjectorLab,
  readHeads,
  readTables,
  replayed,
  TENANT,
  transfer,
} from '../test/projecting.ts';
import { applyChunk } from './apply-chunk.ts';
import { type Delivery, deliver, readMessage } from './delivery.ts';

let lab: ProjectorLab;
beforeEach(async () => {
  lab = await openProjectorLab();
});
afterEach(() => lab.close());

/** Moves everything into the log and returns it as it would arrive. */
async function logged(): Promise<Delivery[]> {
  const client = await lab.pool.connect();
  while ((await sequence(client, 1_000, 3)) > 0);
  client.release();
  const entries = await readLog(lab.pool, 0n, 10_000);
  return entries.map(({ event, partition }) => deliver(event, { partition, offset: String(event.position) }));
}

function apply(deliveries: readonly Delivery[]): Promise<void> {
  const heartbeat = async () => undefined;
  return applyChunk({ pool: lab.pool, readPool: lab.readPool, topic: 'events', heartbeat }, deliveries);
}

async function expectTablesToMatchHeads(): Promise<void> {
  const { balances, totals } = await readTables(lab.readPool);
  const heads = await readHeads(lab.pool);
  const rows = balances.map((row) => ({
    account_id: row.account_id,
    version: row.version,
    balance_minor: row.balance_minor,
  }));
  expect(rows).toEqual(heads);
  for (const { account_id, balance_minor } of heads) {
    const total = totals.find((row) => row.account === account_id);
    expect(BigInt(total?.credits ?? 0) - BigInt(total?.debits ?? 0)).toBe(balance_minor);
  }
}

const letters = () =>
  lab.readPool
    .query(`select * from dead_letters order by projection, dead_letter_id`)
    .then(({ rows }) => rows);

test('a batch that is delivered twice, or with repeats inside, changes nothing the second time', async () => {
  await open(lab.pool, 'a');
  await open(lab.pool, 'b', 0n);
  await transfer(lab.pool, 'a', 'b', 30n);
  await transfer(lab.pool, 'a', 'b', 5n, true);
  const all = await logged();
  await apply([...all.slice(0, 5), ...all.slice(2, 5), ...all.slice(1)]);
  const once = await readTables(lab.readPool);
  await apply(all);
  expect(await readTables(lab.readPool)).toEqual(once);
  expect(once.transfers.map((row) => row.status).sort()).toEqual(['completed', 'refunded']);
  await expectTablesToMatchHeads();
  expect(await letters()).toEqual([]);
});

test('a gap is healed from the event store, in every table', async () => {
  await open(lab.pool, 'a');
  for (let i = 0; i < 20; i += 1) await deposit(lab.pool, 'a');
  const all = await logged();
  await apply([...all.slice(0, 3), ...all.slice(10, 12), ...all.slice(20)]);
  await expectTablesToMatchHeads();
  expect((await readTables(lab.readPool)).transactions).toHaveLength(21);
  expect(await letters()).toEqual([]);
});

test('legs of a transfer merge in either order', async () => {
  await open(lab.pool, 'a');
  await open(lab.pool, 'b');
  await transfer(lab.pool, 'a', 'b', 7n);
  const all = await logged();
  const legs = all.slice(-2);
  await apply(all.slice(0, -2));
  await apply(legs.slice(1));
  await apply(legs.slice(0, 1));
  const [row] = (await readTables(lab.readPool)).transfers;
  expect(row).toMatchObject({ status: 'completed', debit_version: 3, credit_version: 3, first_position: 5n });
});

test('an unknown event parks its account only, in each table, and a replay heals it', async () => {
  await open(lab.pool, 'a');
  await open(lab.pool, 'b');
  await apply(await logged());
  await transfer(lab.pool, 'a', 'b', 7n);
  await deposit(lab.pool, 'a');
  await deposit(lab.pool, 'b');
  const good = await logged();
  const poisoned = good.map((delivery) =>
    delivery.kind === 'event' && delivery.event.streamId === 'account-a' && delivery.event.version === 3
      ? deliver({ ...delivery.event, type: 'MoneyPrinted' }, delivery.source)
      : delivery,
  );
  await apply(poisoned);
  const parked = await letters();
  expect(parked.map((row) => row.projection)).toEqual(['balances', 'journal', 'transactions', 'transfers']);
  expect(parked[0]).toMatchObject({ stream_id: 'account-a', version: 3, status: 'parked' });
  expect(parked[0].cause).toContain('unknown event type MoneyPrinted');
  expect(await readAccount(lab.readPool, lab.pool, TENANT, account('b'))).toMatchObject({ version: 4 });
  // The poison again, and what follows it: still parked, no more letters.
  await apply(poisoned);
  await deposit(lab.pool, 'a');
  await apply((await logged()).slice(-1));
  expect(await letters()).toHaveLength(4);
  for (const { dead_letter_id } of parked) expect(await replayed(lab, dead_letter_id)).toBe('replayed');
  await apply(poisoned);
  await expectTablesToMatchHeads();
  expect((await letters()).map((row) => row.status)).toEqual(Array(4).fill('replayed'));
});

test('a replay that fails again leaves the account parked with the new cause', async () => {
  await open(lab.pool, 'a');
  await deposit(lab.pool, 'a');
  const spoil = (type: string) =>
    lab.pool.query(`update events set type = $1 where stream_id = 'account-a' and version = 3`, [type]);
  await spoil('Nonsense');
  await apply(await logged());
  await spoil('OtherNonsense');
  const parked = await letters();
  for (const { dead_letter_id } of parked) expect(await replayed(lab, dead_letter_id)).toBe('parked');
  expect((await letters()).map((row) => row.cause)).toEqual(
    Array(4).fill(expect.stringContaining('OtherNonsense')),
  );
  await spoil('MoneyDeposited');
  for (const { dead_letter_id } of parked) expect(await replayed(lab, dead_letter_id)).toBe('replayed');
  await expectTablesToMatchHeads();
  expect(await replayed(lab, 'no-such-letter')).toBe('unknown');
});

test('a message that cannot be read parks the stream of its key, once for each offset', async () => {
  await open(lab.pool, 'a');
  await open(lab.pool, 'b');
  const garbage = readMessage(
    { key: Buffer.from('test/account-a'), value: Buffer.from('{'), offset: '77' },
    0,
  );
  const keyless = readMessage({ key: null, value: Buffer.from('?'), offset: '78' }, 0);
  const all = await logged();
  await apply([garbage, keyless, ...all]);
  expect(await letters()).toHaveLength(5);
  const { balances } = await readTables(lab.readPool);
  expect(balances.map((row) => row.account_id)).toEqual(['b']);
  for (const { dead_letter_id } of await letters())
    expect(await replayed(lab, dead_letter_id)).toBe('replayed');
  await expectTablesToMatchHeads();
  // Offsets lost, everything again: the letter that was dealt with stays dealt with.
  await apply([garbage, keyless, ...all]);
  expect((await letters()).map((row) => row.status)).toEqual(Array(5).fill('replayed'));
});

test('an event that the store never had parks its account instead of moving money', async () => {
  await open(lab.pool, 'a');
  const [opened, funded] = await logged();
  if (funded?.kind !== 'event') throw new Error('the second event is a deposit');
  const forged = deliver({ ...funded.event, version: 9, position: 99n });
  await apply([opened!, funded, forged]);
  const parked = await letters();
  expect(parked).toHaveLength(4);
  expect(parked[0].cause).toContain('neither in Kafka nor in the store');
  await expectTablesToMatchHeads();
});

test('a falsified row is corrected by the next event of its account', async () => {
  await open(lab.pool, 'a');
  await apply(await logged());
  await lab.readPool.query(`update balances set balance_minor = 666`);
  await deposit(lab.pool, 'a');
  await apply((await logged()).slice(-1));
  await expectTablesToMatchHeads();
  await lab.readPool.query(`update balances set version = 1, balance_minor = 1`);
  await deposit(lab.pool, 'a');
  await apply((await logged()).slice(-1));
  await expectTablesToMatchHeads();
});

test('a row is never created below what a reader saw at the head', async () => {
  await open(lab.pool, 'a');
  const all = await logged();
  for (let i = 0; i < 5; i += 1) await deposit(lab.pool, 'a');
  const before = await readAccount(lab.readPool, lab.pool, TENANT, account('a'));
  expect(before).toMatchObject({ version: 7, source: 'head', position: null });
  await logged();
  await apply(all);
  const after = await readAccount(lab.readPool, lab.pool, TENANT, account('a'));
  expect(after).toMatchObject({ version: 7, source: 'row', position: 7n });
});

test('a deleted row comes back with the next event, complete', async () => {
  await open(lab.pool, 'a');
  await apply(await logged());
  await lab.readPool.query(`delete from balances`);
  await deposit(lab.pool, 'a');
  expect(await readAccount(lab.readPool, lab.pool, TENANT, account('a'))).toMatchObject({ version: 3 });
  await apply((await logged()).slice(-1));
  const view = await readAccount(lab.readPool, lab.pool, TENANT, account('a'));
  expect(view).toMatchObject({ version: 3, source: 'row' });
  await expectTablesToMatchHeads();
});

test('the trial balance stands at the journal position and every currency sums to zero', async () => {
  await open(lab.pool, 'a');
  await open(lab.pool, 'b', 0n);
  await transfer(lab.pool, 'a', 'b', 40n);
  const all = await logged();
  await apply(all);
  // As if another partition lagged: the credit is applied, but the position is still before it.
  const head = await readLogHead(lab.pool);
  await lab.readPool.query(`update projections set position = $1`, [head - 1n]);
  const { position, rows } = await readTrialBalance(lab.readPool, TENANT);
  expect(position).toBe(head - 1n);
  const balance = Object.fromEntries(rows.map((row) => [row.account, row.creditsMinor - row.debitsMinor]));
  expect(balance).toEqual({ a: 99_960n, external: -100_000n, transit: 40n });
  expect(rows.reduce((sum, row) => sum + row.creditsMinor - row.debitsMinor, 0n)).toBe(0n);
});
