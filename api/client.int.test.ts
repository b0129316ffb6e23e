import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHouse, type House } from '../test/house.ts';
import { type Client, createClient } from './client.ts';

const run = Date.now().toString(36);
const [payer, payee] = [`client-a-${run}`, `client-b-${run}`];
let house: House;
let remit: Client;

beforeAll(async () => {
  house = await createHouse();
  // The path alone, as an app without a port takes it; `request` notes what the tests prove.
  remit = createClient('http://remit', { fetch: house.app.request });
});
afterAll(async () => {
  await house?.close();
});

test('the typed client opens accounts, moves money and reads it back', async () => {
  const eur = { currency: 'EUR' } as const;
  for (const id of [payer, payee]) {
    const opened = await remit.api.accounts.$post({
      json: { id, ...eur, initialDeposit: '20.00' },
      header: {},
    });
    expect(opened.status).toBe(201);
  }
  const json = { from: payer, to: payee, amount: '10.50', ...eur };
  const moved = await remit.api.transfers.$post({ json, header: {} });
  if (moved.status !== 201) throw new Error(`a transfer of covered money answers ${moved.status}`);
  expect(await moved.json()).toMatchObject({ status: 'completed', amount: '10.50' });

  const read = await remit.api.accounts[':id'].$get({
    param: { id: payee },
    query: { minVersion: '3' },
    header: {},
  });
  if (read.status !== 200) throw new Error(`a known account answers ${read.status}`);
  expect((await read.json()).balance).toBe('30.50');
});

test('the typed client hands out problems as answers, not as exceptions', async () => {
  const response = await remit.api.transfers[':id'].$get({ param: { id: `nope-${run}` } });
  expect(response.status).toBe(404);
});
