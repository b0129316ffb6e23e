import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, ask, type Body } from '../test/ask.ts';
import { createHouse, type House } from '../test/house.ts';

// Both files with a house share one Temporal namespace and the tenant: their ids must differ.
let house: House;
beforeAll(async () => {
  house = await createHouse({ COMMAND_WAIT_MS: '20000', READ_WAIT_MS: '20000' });
  await open('ada');
  await open('ben', '0');
  await post('/api/accounts/ben/freeze', { reason: 'test' });
  expect((await move('refunded', 'ada', 'ben', '5')).body.transferStatus).toBe('refunded');
  await post('/api/accounts/ben/unfreeze', { reason: 'test' });
  expect((await move('paid1', 'ada', 'ben', '20')).status).toBe(201);
  await get('/api/accounts/ada?minVersion=5');
  await get('/api/accounts/ben?minVersion=4');
});
afterAll(() => house.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  ask(house, 'GET', path, undefined, headers);
const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  ask(house, 'POST', path, body, headers);

async function open(id: string, initialDeposit = '100.00', more: object = {}): Promise<Answer> {
  const answer = await post('/api/accounts', { id, currency: 'EUR', initialDeposit, ...more });
  expect(answer.status, answer.text).toBe(201);
  return answer;
}
const move = (id: string, from: string, to: string, amount: string) =>
  post('/api/transfers', { id, from, to, amount, currency: 'EUR' });

describe('the store and the reports', () => {
  test('events are followed by position without gap, amounts as decimals', async () => {
    await open('ev', '3');
    await get('/api/accounts/ev?minVersion=2');
    const own = (await get('/api/accounts/ev/events')).body;
    expect(own.items.map((event) => [event.type, event.version])).toEqual([
      ['AccountOpened', 1],
      ['MoneyDeposited', 2],
    ]);
    expect(own.items[1]?.data).toMatchObject({ amount: '3.00', balance: '3.00', currency: 'EUR' });
    expect(own.items[0]?.data).toMatchObject({ accountId: 'ev', overdraftLimit: '0.00' });
    const positions: number[] = [];
    let page = (await get('/api/events?limit=7')).body;
    for (;;) {
      positions.push(...page.items.map((event) => event.position));
      if (page.nextCursor === null) break;
      page = (await get(`/api/events?limit=7&cursor=${page.nextCursor}`)).body;
    }
    expect(positions).toEqual(positions.map((_, index) => index + 1));
    expect((await get(`/api/events?after=${positions.length - 1}&limit=1`)).body.items[0]?.position).toBe(
      positions.length,
    );
  });

  test('the trial balance sums to 0 and every check of the integrity holds', async () => {
    const trial = (await get('/api/reports/trial-balance')).body;
    for (const currency of trial.currencies) expect(currency.sum).toBe('0.00');
    const { body } = await get('/api/integrity');
    expect(body.checks.filter((check) => !check.ok)).toEqual([]);
    expect(body).toMatchObject({ ok: true, position: expect.any(Number) });
    expect(body.checks.every((check) => check.checked > 0)).toBe(true);
  });

  test('while transfers run the integrity reports no false violation', async () => {
    await open('hot', '1000');
    await open('cold', '0');
    const load = Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        move(`load${index}`, 'hot', index % 4 === 0 ? 'nobody' : 'cold', '1'),
      ),
    );
    for (let run = 0; run < 5; run += 1) {
      const { body } = await get('/api/integrity');
      expect(body.checks.filter((check) => !check.ok)).toEqual([]);
    }
    await load;
  });

  test.each([
    [
      'balances',
      `update balances set balance_minor = balance_minor + 1 where account_id = 'ada'`,
      'read-tables-equal-folds',
      'ada',
    ],
    [
      'transactions',
      `update transactions set amount_minor = amount_minor + 1 where account_id = 'ada'`,
      'read-tables-equal-folds',
      'ada',
    ],
    [
      'journal_totals, of one account',
      `update journal_totals set credits_minor = credits_minor + 1 where account = 'ada'`,
      'read-tables-equal-folds',
      'EUR ada',
    ],
    [
      'journal_totals, all doubled',
      `update journal_totals set debits_minor = debits_minor * 2, credits_minor = credits_minor * 2 where true`,
      'read-tables-equal-folds',
      'EUR ada',
    ],
    [
      'journal_entries, to another account',
      `update journal_entries set debit_account = 'ben' where stream_id = 'account-ada' and credit_account = 'transit'`,
      'read-tables-equal-folds',
      'account-ada/',
    ],
    [
      'heads',
      `update heads set state = jsonb_set(state, '{balanceMinor}', '"1"') where stream_id = 'account-ada'`,
      'heads-equal-folds',
      'ada',
    ],
    [
      'transfers',
      `update heads set state = jsonb_set(state, '{status}', '"debited"') where stream_id = 'transfer-paid1'`,
      'transit-equals-in-flight',
      'EUR',
    ],
    [
      'events',
      `update events set data = jsonb_set(data, '{name}', '"Eve"') where stream_id = 'account-ada' and version = 1`,
      'hash-chains',
      'account-ada/1',
    ],
  ])('an altered row of %s is found and named', async (_table, alteration, check, named) => {
    const { body } = await altered(alteration, () => get('/api/integrity'));
    const found = body.checks.find((candidate) => candidate.name === check);
    expect(body.ok).toBe(false);
    expect(found).toMatchObject({ ok: false, firstViolation: expect.stringContaining(named) });
  });

  test.each([
    ['a row deleted', `delete from transfers where transfer_id = 'rejected1'`, 'is missing'],
    ['no time of rejection', column('rejected1', 'rejected_at', 'null'), 'in rejected_at'],
    [
      'another refusal',
      column('rejected1', 'refusal', `'{"code": "account-frozen", "detail": "No"}'`),
      'in refusal',
    ],
    ['a reversal', column('paid1', 'reversed_minor', '1'), 'in reversed_minor'],
    ['a fee', column('paid1', 'fee_minor', '1'), 'in fee_minor'],
    ['a reference', column('paid1', 'reference', `'gift'`), 'in reference'],
    ['another destination', column('paid1', 'to_account_id', `'cid'`), 'in to_account_id'],
    ['another leg', column('refunded', 'refund_version', '99'), 'in refund_version'],
  ])('in transfers %s is found and named', async (_what, alteration, named) => {
    await move('rejected1', 'nobody', 'ada', '1');
    await expect.poll(async () => (await get('/api/transfers?status=rejected')).body.items).not.toEqual([]);
    const { body } = await altered(alteration, () => get('/api/integrity'));
    const violations = body.checks.filter((check) => !check.ok);
    expect(violations).toEqual([expect.objectContaining({ name: 'read-tables-equal-folds' })]);
    expect(violations[0]?.firstViolation).toContain(named);
    expect(violations[0]?.firstViolation).toContain(/'(\w+)'$/.exec(alteration)?.[1]);
  });

  test.each([
    ['type', `'deposit'`],
    ['opening_balance_minor', '0'],
    ['transfer_id', `'other'`],
    ['counterparty_id', `'cid'`],
    ['description', `'gift'`],
  ])('in transactions another %s is found and named', async (name, value) => {
    const alteration = `update transactions set ${name} = ${value} where transfer_id = 'paid1' and account_id = 'ada'`;
    const restore = alteration.replace(/where .*$/, `where account_id = 'ada' and type <> 'x'`);
    const { body } = await altered(alteration, () => get('/api/integrity'), restore);
    expect(body.checks.find((check) => !check.ok)?.firstViolation).toMatch(/^transactions row ada\//);
  });

  test.each([
    [
      'transactions',
      `select r.* from transactions t, jsonb_populate_record(t, '{"version": 999}') r
       where t.account_id = 'ada' and t.version = 2`,
      'version = 999',
      'transactions row ada/999',
    ],
    [
      'journal_entries',
      `select r.* from journal_entries t, jsonb_populate_record(t, '{"version": 999}') r
       where t.stream_id = 'account-ada' and t.version = 2`,
      'version = 999',
      'journal_entries row account-ada/999',
    ],
    [
      'transfers (generation, tenant, transfer_id, from_account_id, to_account_id, amount_minor, currency, credit_minor, credit_currency, metadata, first_position)',
      `select generation, tenant, 'stray', from_account_id, to_account_id, amount_minor, currency, credit_minor, credit_currency, metadata,
         first_position
       from transfers where transfer_id = 'paid1'`,
      `transfer_id = 'stray'`,
      'transfers row stray',
    ],
    [
      'journal_totals (generation, tenant, currency, account, partition, debits_minor, credits_minor)',
      `select generation, tenant, currency, 'nobody', partition, 7, 7 from journal_totals where account = 'ada' limit 1`,
      `account = 'nobody'`,
      'journal_totals row EUR nobody',
    ],
  ])('a surplus row of %s is found and named', async (table, rows, where, named) => {
    await house.readPool.query(`insert into ${table} ${rows}`);
    const { body } = await get('/api/integrity');
    await house.readPool.query(`delete from ${table.split(' ')[0]} where ${where}`);
    expect(body.checks.find((check) => check.name === 'read-tables-equal-folds')).toMatchObject({
      ok: false,
      firstViolation: expect.stringContaining(named),
    });
  });

  test('projections tell where they are, and a rebuild ends with the same balances', async () => {
    const before = (await get('/api/accounts?limit=200')).body.items.map(balance);
    const started = await post('/api/projections/balances/rebuild', {}, { 'idempotency-key': 'rebuild-1' });
    expect([started.status, started.headers.get('location')]).toEqual([202, '/api/projections']);
    const again = await post('/api/projections/balances/rebuild', {}, { 'idempotency-key': 'rebuild-1' });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect((await post('/api/projections/nothing/rebuild', {})).status).toBe(404);
    await expect
      .poll(
        async () =>
          (await get('/api/projections')).body.items.find((one) => one.name === 'balances')?.rebuild?.status,
        {
          timeout: 20_000,
        },
      )
      .toBe('completed');
    expect((await get('/api/accounts?limit=200')).body.items.map(balance)).toEqual(before);
  });
});

describe('a rebuild under an Idempotency-Key', () => {
  const rebuild = (name: string, key: string, headers: Record<string, string> = {}) =>
    post(`/api/projections/${name}/rebuild`, {}, { 'idempotency-key': key, ...headers });
  const over = (name: string) =>
    expect
      .poll(
        async () =>
          (await get('/api/projections')).body.items.find((one) => one.name === name)?.rebuild?.status,
        { timeout: 20_000 },
      )
      .toBe('completed');

  test('the same key gives the same rebuild, also after another one', async () => {
    const first = await rebuild('transfers', 'one');
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    await over('transfers');
    const second = await rebuild('transfers', 'two');
    expect(rebuildId(second)).not.toBe(rebuildId(first));
    await over('transfers');
    const again = await rebuild('transfers', 'one', { prefer: 'respond-async' });
    expect(again.status).toBe(202);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.headers.get('preference-applied')).toBe('respond-async');
    expect(again.body.rebuild).toMatchObject({
      id: rebuildId(first),
      status: 'completed',
      progress: 1,
      finishedAt: expect.any(String),
    });
    const listed = (await get('/api/projections')).body.items.find((one) => one.name === 'transfers');
    expect(listed?.rebuild).toMatchObject({ id: rebuildId(second) });
  });

  test('two at once are one rebuild, and a key of another projection is refused', async () => {
    const [one, other] = await Promise.all([rebuild('journal', 'both'), rebuild('journal', 'both')]);
    expect(rebuildId(one)).toEqual(expect.any(String));
    expect(rebuildId(one)).toBe(rebuildId(other));
    const reused = await rebuild('balances', 'both');
    expect([reused.status, reused.body.code]).toEqual([422, 'idempotency-key-reused']);
    await over('journal');
  });
});

const rebuildId = ({ body }: Answer) => (body.rebuild as { id?: string } | null)?.id;

const balance = (account: Body) => [account.id, account.balance, account.version];

const column = (transfer: string, name: string, value: string) =>
  `update transfers set ${name} = ${value} where transfer_id = '${transfer}'`;

/** Alters or deletes rows, looks, and puts them back as they were, all that `restored` names. */
async function altered(
  alteration: string,
  look: () => Promise<Answer>,
  restored = alteration,
): Promise<Answer> {
  const [, table, where] = /^(?:update|delete from) (\w+) .*?(where .*)$/.exec(restored) ?? [];
  const { rows } = await house.pool.query<{ columns: string }>(
    `select string_agg(column_name, ', ') as columns from information_schema.columns
     where table_name = $1 and is_generated = 'NEVER'`,
    [table],
  );
  const columns = rows[0]?.columns;
  await house.pool.query(`create table saved as select ${columns} from ${table} ${where}`);
  await house.pool.query(alteration);
  try {
    return await look();
  } finally {
    await house.pool.query(`delete from ${table} ${where}`);
    await house.pool.query(`insert into ${table} (${columns}) select ${columns} from saved`);
    await house.pool.query('drop table saved');
  }
}
