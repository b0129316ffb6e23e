import { afterAll, beforeAll, expect, test } from 'vitest';
import { accountStream } from '../domain/ids.ts';
import { account, deposit, open, openProjectorLab, type ProjectorLab, TENANT } from '../test/projecting.ts';
import { readHead } from './lock-heads.ts';
import { foldAccount, readAccountAt, readVersionAt } from './read-account-at.ts';

const ALICE = account('alice');
/** More than a page of the fold. */
const VERSIONS = 620;
let lab: ProjectorLab;

beforeAll(async () => {
  lab = await openProjectorLab();
  await open(lab.pool, 'alice', 100n);
  for (let version = 3; version <= VERSIONS; version += 1) {
    await deposit(lab.pool, 'alice', BigInt(version % 7) + 1n);
  }
  // A minute between the versions, so that instants tell them apart.
  await lab.pool.query(`update events set occurred_at = timestamptz '2026-01-01T00:00:00Z' + version * interval '1 minute'
    where stream_id = 'account-alice'`);
});
afterAll(() => lab?.close());

const minute = (n: number) => new Date(Date.UTC(2026, 0, 1, 0, n)).toISOString();

async function runningBalances(): Promise<bigint[]> {
  const { rows } = await lab.pool.query<{ balance: string }>(
    `select sum(coalesce((data ->> 'amountMinor')::bigint, 0)) over (order by version) as balance
     from events where stream_id = 'account-alice' order by version`,
  );
  return rows.map((row) => BigInt(row.balance));
}

test('the fold at every version has the running balance, across pages', async () => {
  const balances = await runningBalances();
  expect(balances).toHaveLength(VERSIONS);
  const step = 31;
  const versions = [1, 2, 3, 499, 500, 501, VERSIONS];
  for (let version = 1; version <= VERSIONS; version += step) versions.push(version);
  for (const version of versions) {
    const folded = await foldAccount(lab.pool, TENANT, ALICE, version);
    expect(folded).toMatchObject({
      version,
      asOf: minute(version),
      createdAt: minute(1),
      account: { balanceMinor: balances[version - 1], accountId: 'alice', status: 'open' },
    });
  }
});

test('the fold at the last version is the head, and an answer from the head is the same', async () => {
  const folded = await foldAccount(lab.pool, TENANT, ALICE, VERSIONS);
  const head = await readHead(lab.pool, TENANT, accountStream(ALICE));
  expect(folded.account).toEqual(head?.state);
  const { createdAt, ...rest } = await readAccountAt(lab.pool, TENANT, ALICE, VERSIONS);
  expect(rest).toEqual({ ...folded, createdAt: undefined });
  expect(createdAt).toBe(head?.createdAt);
});

test('neither a fold nor a walk goes on once nobody waits for it', async () => {
  const gone = new AbortController();
  const leaving = {
    query(statement: never) {
      gone.abort();
      return lab.pool.query(statement);
    },
  } as unknown as typeof lab.pool;
  const left = { name: 'AbortError' };
  await expect(foldAccount(leaving, TENANT, ALICE, VERSIONS, gone.signal)).rejects.toMatchObject(left);
  await expect(readVersionAt(leaving, TENANT, ALICE, minute(7), gone.signal)).rejects.toMatchObject(left);
});

test('no page of the fold is larger than its bound', async () => {
  let most = 0;
  const counting = {
    async query(statement: { values: unknown[] }) {
      const result = await lab.pool.query(statement as never);
      most = Math.max(most, (result as { rows: unknown[] }).rows.length);
      return result;
    },
  };
  await foldAccount(counting as unknown as typeof lab.pool, TENANT, ALICE, VERSIONS);
  expect(most).toBe(500);
});

test('what has no place in the log yet has no position', async () => {
  const { position } = await readAccountAt(lab.pool, TENANT, ALICE, 5);
  expect(position).toBeNull();
});

test('an instant stands at the last version by then, and before the first at none', async () => {
  const at = (time: string) => readVersionAt(lab.pool, TENANT, ALICE, time);
  expect(await at(minute(7))).toEqual({ version: 7, openedAt: minute(1) });
  expect(await at('2026-01-01T00:07:59.999Z')).toMatchObject({ version: 7 });
  expect(await at(minute(0))).toEqual({ version: null, openedAt: minute(1) });
  expect(await at('2999-01-01T00:00:00.000Z')).toMatchObject({ version: VERSIONS });
  expect(await readVersionAt(lab.pool, TENANT, account('nobody'), minute(7))).toBeUndefined();
});

test('where a clock stepped back, the order is the version all the same', async () => {
  await open(lab.pool, 'bob', 100n);
  for (const _ of [3, 4, 5]) await deposit(lab.pool, 'bob');
  const times = [10, 11, 20, 15, 30];
  for (const [index, n] of times.entries()) {
    await lab.pool.query(
      `update events set occurred_at = $1 where stream_id = 'account-bob' and version = $2`,
      [minute(n), index + 1],
    );
  }
  const at = async (n: number) => (await readVersionAt(lab.pool, TENANT, account('bob'), minute(n)))?.version;
  expect([await at(12), await at(15), await at(20), await at(30)]).toEqual([2, 4, 4, 5]);
  // An account is not there before it was opened, whatever a later clock said.
  await lab.pool.query(`update events set occurred_at = $1 where stream_id = 'account-bob' and version = 5`, [
    minute(1),
  ]);
  expect([await at(5), await at(10)]).toEqual([null, 5]);
});

test('a history with a hole is an error, not an answer', async () => {
  await open(lab.pool, 'carol', 100n);
  await deposit(lab.pool, 'carol');
  await deposit(lab.pool, 'carol');
  await lab.pool.query(`delete from events where stream_id = 'account-carol' and version = 3`);
  await expect(foldAccount(lab.pool, TENANT, account('carol'), 3)).rejects.toThrow('has a gap');
});
