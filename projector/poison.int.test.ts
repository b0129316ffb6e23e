import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeMessage, type LoggedEvent } from '../sql/codec.ts';
import { insertDeadLetters } from '../sql/dead-letters.ts';
import { readPartitionPositions } from '../sql/partition-positions.ts';
import { readLog } from '../sql/read-log.ts';
import { sequence } from '../sql/sequence.ts';
import { open, openProjectorLab, type ProjectorLab, readTables, until } from '../test/projecting.ts';
import { applyChunk } from './apply-chunk.ts';
import { type Delivery, deliver, readMessage } from './delivery.ts';

let lab: ProjectorLab;
beforeEach(async () => {
  lab = await openProjectorLab({ partitions: 1 });
});
afterEach(() => lab.close());

/** Moves everything into the log and returns it as the relay would send it. */
async function logged(): Promise<LoggedEvent[]> {
  const client = await lab.pool.connect();
  while ((await sequence(client, 1_000, 1)) > 0);
  client.release();
  return (await readLog(lab.pool, 0n, 10_000)).map(({ event }) => event);
}

const arrived = (event: LoggedEvent) => deliver(event, { partition: 0, offset: String(event.position) });

function message(key: string | null, value: string): Delivery {
  const bytes = { key: key === null ? null : Buffer.from(key), value: Buffer.from(value) };
  return readMessage({ ...bytes, offset: '77' }, 0);
}

function apply(deliveries: readonly Delivery[], heartbeat = async () => {}, readPool = lab.readPool) {
  return applyChunk({ pool: lab.pool, readPool, topic: 'events', heartbeat }, deliveries);
}

const letters = () =>
  lab.readPool.query(`select * from dead_letters order by projection`).then(({ rows }) => rows);

const reached = async () => (await readPartitionPositions(lab.readPool)).map(({ position }) => position);

const PARKED = ['balances', 'journal', 'transactions', 'transfers'];
const poisons: [string, (event: LoggedEvent) => Delivery, (string | null)[]][] = [
  ['a value with NUL under a good key', () => message('test/account-a', '\0\x01A'), PARKED],
  ['a value with NUL and no key', () => message(null, '\0\x01A'), [null]],
  ['a key whose tenant has NUL', () => message('te\0st/account-a', 'garbage'), [null]],
  ['a key whose stream has NUL', () => message('test/account-a\0', 'garbage'), [null]],
  ['a key that is longer than any id', () => message(`${'t'.repeat(9_000)}/account-a`, 'garbage'), [null]],
  [
    'an event whose tenant has NUL',
    (event) => message('test/account-a', encodeMessage({ ...event, tenant: 'te\0st' })),
    PARKED,
  ],
  [
    'an event whose stream has NUL',
    (event) => message('test/account-a', encodeMessage({ ...event, streamId: 'account-\0' })),
    PARKED,
  ],
  [
    'an event whose type has NUL',
    (event) => message('test/account-a', encodeMessage({ ...event, version: 3, type: 'Money\0' })),
    PARKED,
  ],
  [
    'a version beyond an integer column',
    (event) => message('test/account-a', encodeMessage({ ...event, version: 3_000_000_000 })),
    PARKED,
  ],
  [
    'a position beyond a bigint column',
    (event) =>
      message('test/account-a', encodeMessage({ ...event, version: 3, position: 99999999999999999999n })),
    PARKED,
  ],
];

test.each(poisons)('%s becomes a letter, and its partition goes on', async (_name, poison, parked) => {
  await open(lab.pool, 'a');
  await open(lab.pool, 'b');
  const all = await logged();
  await apply([...all.slice(0, 2).map(arrived), poison(all[1]!), ...all.slice(2).map(arrived)]);
  const { balances } = await readTables(lab.readPool);
  expect(balances.map((row) => row.account_id)).toEqual(['a', 'b']);
  const kept = await letters();
  expect(kept.map((row) => row.projection)).toEqual(parked);
  expect(`${kept[0].payload}${kept[0].cause}`).not.toContain('\0');
  expect(await reached()).toEqual([4n]);
});

test('only places that the log has move a partition on', async () => {
  await open(lab.pool, 'a');
  const [opened, funded] = await logged();
  const forge = (change: Partial<LoggedEvent>) => arrived({ ...funded!, ...change });
  await apply([arrived(opened!), forge({ type: 'MoneyPrinted', version: 3, position: 1_000_000n })]);
  expect(await reached()).toEqual([1n]);
  // A true version with a false position, one that is skipped as a duplicate, and one in place of another.
  await apply([forge({ position: 1_000_001n }), arrived({ ...opened!, position: 2n })]);
  expect(await reached()).toEqual([1n]);
  // A true place counts, even of an event that cannot be applied: it was dealt with.
  await apply([forge({ type: 'MoneyPrinted' })]);
  expect(await reached()).toEqual([2n]);
});

test('a gap that waits for the sequencer keeps the Kafka session alive', async () => {
  await open(lab.pool, 'a');
  const [opened] = await logged();
  // The row begins no lower than the head, and the head's event is not in the log yet.
  await lab.pool.query(`delete from log where version = 2`);
  let beats = 0;
  const lose = async () => {
    beats += 1;
    if (beats >= 20) throw new Error('the session is lost');
  };
  await expect(apply([arrived(opened!)], lose)).rejects.toThrow('the session is lost');
});

test('each new attempt tells Kafka first that the consumer lives', async () => {
  await open(lab.pool, 'a');
  const all = (await logged()).map(arrived);
  let [refused, beats] = [0, 0];
  const flaky = Object.create(lab.readPool, {
    connect: {
      value: async () => {
        refused += 1;
        if (refused <= 3)
          throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED', syscall: 'connect' });
        return lab.readPool.connect();
      },
    },
  });
  await apply(
    all,
    async () => {
      beats += 1;
    },
    flaky,
  );
  expect(refused).toBe(4);
  expect(beats).toBeGreaterThanOrEqual(3);
});

test('a letter keeps the beginning of what is large, and says so', async () => {
  const large = 'ü'.repeat(300 * 1024);
  await apply([message('test/account-a', large)]);
  const [letter] = await letters();
  expect(Buffer.byteLength(letter.payload)).toBeLessThan(257 * 1024);
  expect(letter.payload).toMatch(/^ü+ … \[cut by Remit: 614400 bytes in all\]$/);
});

test('letters that are more than one request of Kafka are sent all the same', async () => {
  const payload = 'x'.repeat(250_000);
  await insertDeadLetters(
    lab.readPool,
    Array.from({ length: 20 }, (_, i) => ({
      id: `letter-${i}`,
      target: { projection: 'balances', generation: 1, live: true },
      stream: { tenant: 'test', streamId: `account-${i}` },
      version: 1,
      position: 1n,
      partition: 0,
      offset: '1',
      payload,
      cause: payload,
    })),
  );
  lab.start();
  await until('all letters are sent', async () => (await letters()).every((row) => row.sent_at !== null));
});
