import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Answer, ask, type Body } from '../test/ask.ts';
import { createHouse, type House } from '../test/house.ts';
import { sendForged } from '../test/poison.ts';
import { createClient } from './client.ts';

let house: House;
beforeAll(async () => {
  house = await createHouse();
});
afterAll(() => house?.close());

const CASH = { amount: '1.00', currency: 'EUR' };
const PROJECTIONS = ['balances', 'journal', 'transactions', 'transfers'];

async function post(path: string, body: object = {}, headers: Record<string, string> = {}): Promise<Answer> {
  return ask(house, 'POST', path, body, headers);
}

async function open(id: string): Promise<void> {
  expect((await post('/api/accounts', { id, currency: 'EUR', initialDeposit: '10.00' })).status).toBe(201);
  expect((await ask(house, 'GET', `/api/accounts/${id}?minVersion=2`)).status).toBe(200);
}

/** Opens an account and parks it in every projection by garbage under its key; answers with the letters. */
async function parked(): Promise<{ account: string; letters: (Body & Record<string, unknown>)[] }> {
  const account = `poisoned-${uuidv7().slice(-8)}`;
  await open(account);
  await sendForged(house, [{ key: `main/account-${account}`, value: 'garbage' }]);
  return { account, letters: await lettersOf(account) };
}

function lettersOf(account: string) {
  return vi.waitFor(
    async () => {
      const { status, body } = await ask(house, 'GET', '/api/dead-letters?status=parked&limit=200');
      expect(status).toBe(200);
      const own = body.items.filter((item) => JSON.stringify(item).includes(`"account-${account}"`));
      expect(own).toHaveLength(4);
      return own as (Body & Record<string, unknown>)[];
    },
    { timeout: 30_000, interval: 50 },
  );
}

const replayPath = (id: string) => `/api/dead-letters/${id}/replay`;

test('a poisoned account is parked alone, told with its cause and what waits, and a replay heals it', async () => {
  const { account, letters } = await parked();
  expect(letters.map((letter) => letter.projection).toSorted()).toEqual(PROJECTIONS);
  const beside = `beside-${uuidv7().slice(-8)}`;
  await open(beside);
  await post(`/api/accounts/${account}/deposits`, CASH);
  const [first] = letters;
  const read = await ask(house, 'GET', `/api/dead-letters/${first!.id}`);
  expect(read.status).toBe(200);
  expect(read.body).toMatchObject({
    status: 'parked',
    streamId: `account-${account}`,
    version: null,
    payload: 'garbage',
    cause: expect.stringContaining('JSON'),
    waitingEvents: 1,
    kafka: { partition: expect.any(Number), offset: expect.stringMatching(/^\d+$/) },
    replay: null,
    resolvedAt: null,
  });
  for (const { id } of letters) {
    const { status, body, text } = await post(replayPath(id));
    expect(status, text).toBe(200);
    expect(body).toMatchObject({ id, status: 'replayed', waitingEvents: 0, replay: { status: 'replayed' } });
  }
  const healed = await ask(house, 'GET', `/api/accounts/${account}?minVersion=3`);
  expect([healed.status, healed.body.balance]).toEqual([200, '11.00']);
  expect((await ask(house, 'GET', '/api/integrity')).body.ok).toBe(true);
});

test('what still cannot be applied is 422 with the new cause, and is parked until it can', async () => {
  const account = `spoiled-${uuidv7().slice(-8)}`;
  await open(account);
  const spoil = (type: string) =>
    house.pool.query(`update events set type = $1 where stream_id = $2 and version = 3`, [
      type,
      `account-${account}`,
    ]);
  await sendForged(house, [{ key: `main/account-${account}`, value: 'garbage' }]);
  const [letter] = await lettersOf(account);
  await post(`/api/accounts/${account}/deposits`, CASH);
  await spoil('Nonsense');
  const refused = await post(replayPath(letter!.id), {}, { 'Idempotency-Key': `k-${account}` });
  expect(refused.status).toBe(422);
  expect(refused.body).toMatchObject({
    code: 'still-parked',
    detail: expect.stringContaining('unknown event type Nonsense'),
  });
  const still = await ask(house, 'GET', `/api/dead-letters/${letter!.id}`);
  expect(still.body).toMatchObject({
    status: 'parked',
    replay: { status: 'parked', cause: expect.stringContaining('Nonsense') },
  });
  await spoil('MoneyDeposited');
  // The same key gives the first answer; only a new wish replays again.
  const repeated = await post(replayPath(letter!.id), {}, { 'Idempotency-Key': `k-${account}` });
  expect([repeated.status, repeated.body.code]).toEqual([422, 'still-parked']);
  for (const { id } of await lettersOfAll(account)) expect((await post(replayPath(id))).status).toBe(200);
  expect((await ask(house, 'GET', `/api/accounts/${account}?minVersion=3`)).body.balance).toBe('11.00');
});

/** Whatever letters an account has by now, those of its later parking included. */
async function lettersOfAll(account: string): Promise<Body[]> {
  const { body } = await ask(house, 'GET', '/api/dead-letters?status=parked&limit=200');
  return body.items.filter((item) => JSON.stringify(item).includes(`"account-${account}"`));
}

test('the same Idempotency-Key gives the same replay, and no other letter', async () => {
  const { letters } = await parked();
  const [one, other] = letters;
  const key = { 'Idempotency-Key': `once-${one!.id}` };
  const first = await post(replayPath(one!.id), {}, key);
  const again = await post(replayPath(one!.id), {}, key);
  expect([first.status, again.status]).toEqual([200, 200]);
  expect(first.headers.get('idempotency-replayed')).toBeNull();
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(again.body).toEqual(first.body);
  const reused = await post(replayPath(other!.id), {}, key);
  expect([reused.status, reused.body.code]).toEqual([422, 'idempotency-key-reused']);
  for (const { id } of letters) await post(replayPath(id));
});

test('who does not wait gets 202 and finds the replay at its Location', async () => {
  const { letters } = await parked();
  const asked = await post(replayPath(letters[0]!.id), {}, { Prefer: 'respond-async' });
  expect(asked.status).toBe(202);
  expect(asked.headers.get('preference-applied')).toBe('respond-async');
  const location = asked.headers.get('location')!;
  await vi.waitFor(async () => expect((await ask(house, 'GET', location)).body.status).toBe('replayed'), {
    timeout: 30_000,
    interval: 50,
  });
  for (const { id } of letters) await post(replayPath(id));
});

test('a letter without a stream has nothing to heal and is closed; one of another tenant is none of ours', async () => {
  const mark = uuidv7();
  await sendForged(house, [
    { key: null, value: `keyless ${mark}` },
    { key: 'elsewhere/account-x', value: `foreign ${mark}` },
  ]);
  const rows = await vi.waitFor(
    async () => {
      const found = await house.readPool.query<{ id: string; tenant: string | null }>(
        `select dead_letter_id as id, tenant from dead_letters where payload like '%' || $1`,
        [mark],
      );
      expect(found.rows).toHaveLength(5);
      return found.rows;
    },
    { timeout: 30_000, interval: 50 },
  );
  for (const { id, tenant } of rows) {
    const { status, body } = await post(replayPath(id));
    if (tenant === null) expect([status, body]).toMatchObject([200, { status: 'replayed', streamId: null }]);
    else expect([status, (await ask(house, 'GET', `/api/dead-letters/${id}`)).status]).toEqual([404, 404]);
  }
  const { body } = await ask(house, 'GET', '/api/dead-letters?limit=200');
  expect(JSON.stringify(body)).not.toContain('foreign');
});

test('a list goes page by page, newest first, and its cursor keeps the filters', async () => {
  const { letters } = await parked();
  const ids: string[] = [];
  let cursor: string | null = '';
  for (let page = 0; page < 50 && cursor !== null; page += 1) {
    const query = cursor === '' ? '?projection=balances&limit=1' : `?limit=1&cursor=${cursor}`;
    const { body } = await ask(house, 'GET', `/api/dead-letters${query}`);
    expect(body.items.every((item) => JSON.stringify(item).includes('"projection":"balances"'))).toBe(true);
    ids.push(...body.items.map(({ id }) => id));
    cursor = body.nextCursor;
  }
  expect(ids).toEqual(ids.toSorted().toReversed());
  expect(ids[0]).toBe(letters.find((letter) => letter.projection === 'balances')!.id);
  const { body } = await ask(house, 'GET', '/api/dead-letters?projection=balances&limit=1');
  const other = await ask(house, 'GET', `/api/dead-letters?projection=journal&cursor=${body.nextCursor}`);
  expect(other.status).toBe(422);
  for (const { id } of letters) await post(replayPath(id));
});

test('an unknown letter is 404', async () => {
  expect((await ask(house, 'GET', '/api/dead-letters/nope')).status).toBe(404);
  expect((await post('/api/dead-letters/nope/replay')).status).toBe(404);
});

test('the typed client lists letters and replays one', async () => {
  const { letters } = await parked();
  const remit = createClient('http://remit', { fetch: house.app.request });
  const listed = await remit.api['dead-letters'].$get({ query: { status: 'parked' } });
  if (listed.status !== 200) throw new Error(`a list answers ${listed.status}`);
  const [first] = (await listed.json()).items;
  const replayed = await remit.api['dead-letters'][':id'].replay.$post({
    param: { id: first!.id },
    header: {},
    json: {},
  });
  expect(replayed.status).toBe(200);
  for (const { id } of letters) await post(replayPath(id));
});
