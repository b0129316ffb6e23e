import { expect, vi } from 'vitest';
import { ask } from '../ask.ts';
import type { House } from '../house.ts';
import { sendForged } from '../poison.ts';
import { type NamedOperation, type OpenApiDocument, operationsOf } from './document.ts';
import { seedTransfers } from './seed-transfers.ts';

/** Values for path parameters and fields of the body, by the operation's name. */
export type Seeds = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What must be there before the contract is tried: made over HTTP with the ids of the document's examples. */
export async function seed(house: House, document: OpenApiDocument): Promise<Seeds> {
  await open(house, 'alice', '500000.00');
  await open(house, 'bob', '500000.00');
  // Not alice: the document's example of a transfer needs her open and unfrozen.
  for (const id of ['to-freeze', 'to-unfreeze', 'to-close', 'to-limit']) await open(house, id);
  await post(house, '/api/accounts/to-unfreeze/freeze', { reason: 'seed' });
  const move = { from: 'alice', to: 'bob', amount: '1.00', currency: 'EUR' };
  await post(house, '/api/transfers', { id: 'seeded', ...move });
  await post(house, '/api/transfers', { id: 'seeded-2', ...move });
  if ('/api/holds' in document.paths) {
    const held = { accountId: 'alice', amount: '1.00', currency: 'EUR' };
    for (const id of ['to-capture', 'to-void']) await post(house, '/api/holds', { id, ...held });
  }
  if ('/api/customers' in document.paths) {
    for (const id of ['to-read', 'to-erase']) {
      await post(house, '/api/customers', { id, name: 'Ada', email: 'ada@example.com' });
    }
  }
  if ('/api/rates/{pair}' in document.paths) {
    expect((await ask(house, 'PUT', '/api/rates/EUR-USD', { rate: '1.1' })).status).toBeLessThan(300);
    await post(house, '/api/quotes', { id: 'to-read', from: 'EUR', to: 'USD', amount: '1.00' });
  }
  const transfers = await seedTransfers(house);
  await seedStandingOrders(house);
  const deliveryId = '/api/webhooks' in document.paths ? await seedDelivery(house) : '';
  const letterId = await seedDeadLetter(house);
  const { items } = (await ask(house, 'GET', '/api/commands?limit=1')).body;
  const known: Seeds = {
    ...transfers,
    // Not alice, whose transfers would be refused.
    'PUT /api/accounts/{id}/limits': { id: 'to-limit' },
    'GET /api/standing-orders/{id}': { id: 'to-read' },
    'GET /api/standing-orders/{id}/runs': { id: 'to-read' },
    'POST /api/standing-orders/{id}/pause': { id: 'to-pause' },
    'POST /api/standing-orders/{id}/resume': { id: 'to-resume' },
    'DELETE /api/standing-orders/{id}': { id: 'to-delete' },
    'POST /api/accounts/{id}/freeze': { id: 'to-freeze' },
    'POST /api/accounts/{id}/unfreeze': { id: 'to-unfreeze' },
    'POST /api/accounts/{id}/close': { id: 'to-close' },
    'POST /api/holds/{id}/capture': { id: 'to-capture' },
    'POST /api/holds/{id}/void': { id: 'to-void' },
    'GET /api/holds/{id}': { id: 'to-capture' },
    'GET /api/customers/{id}': { id: 'to-read' },
    'DELETE /api/customers/{id}/personal-data': { id: 'to-erase' },
    'GET /api/quotes/{id}': { id: 'to-read' },
    'GET /api/webhooks/{id}': { id: 'to-read' },
    'DELETE /api/webhooks/{id}': { id: 'to-delete' },
    'GET /api/webhooks/{id}/deliveries': { id: 'to-read' },
    'POST /api/webhooks/{id}/redeliver': { id: 'to-read', deliveryId },
    'GET /api/dead-letters/{id}': { id: letterId },
    'POST /api/dead-letters/{id}/replay': { id: letterId },
    'GET /api/transfers/{id}': { id: 'seeded' },
    'GET /api/commands/{id}': { id: items[0]!.id },
  };
  return Object.fromEntries(Object.entries(known).filter(([name]) => isDocumented(document, name)));
}

/** Orders whose Schedules may be those of an earlier run in the same Temporal: they are made equal to these. */
async function seedStandingOrders(house: House): Promise<void> {
  const terms = { from: 'alice', to: 'bob', amount: '1.00', currency: 'EUR', cron: '0 9 1 1 *' };
  for (const id of ['to-read', 'to-pause', 'to-resume', 'to-delete']) {
    await post(house, '/api/standing-orders', { id, ...terms });
  }
  await post(house, '/api/standing-orders/to-resume/pause', { reason: 'seed' });
}

/** A webhook whose receiver is nowhere, and a delivery that waits for it. */
async function seedDelivery(house: House): Promise<string> {
  for (const id of ['to-read', 'to-delete']) {
    await post(house, '/api/webhooks', { id, url: 'http://127.0.0.1:9/', events: ['MoneyDeposited'] });
  }
  await post(house, '/api/accounts/bob/deposits', { amount: '1.00', currency: 'EUR' });
  return vi.waitFor(
    async () => {
      const { body } = await ask(house, 'GET', '/api/webhooks/to-read/deliveries');
      expect(body.items).not.toEqual([]);
      return body.items[0]!.id;
    },
    { timeout: 30_000, interval: 100 },
  );
}

/** Two messages that no relay ever sent, so that letters are more than a page of one. */
async function seedDeadLetter(house: House): Promise<string> {
  await sendForged(house, [
    { key: null, value: 'seed' },
    { key: null, value: 'seed' },
  ]);
  return vi.waitFor(
    async () => {
      const { body } = await ask(house, 'GET', '/api/dead-letters');
      expect(body.items).toHaveLength(2);
      return body.items[0]!.id;
    },
    { timeout: 30_000, interval: 100 },
  );
}

function isDocumented(document: OpenApiDocument, name: string): boolean {
  const [, path = ''] = name.split(' ');
  return path in document.paths;
}

async function open(house: House, id: string, initialDeposit = '0'): Promise<void> {
  await post(house, '/api/accounts', { id, currency: 'EUR', initialDeposit });
}

async function post(house: House, path: string, body: object) {
  const answer = await ask(house, 'POST', path, body);
  expect(answer.status, `POST ${path}: ${answer.text}`).toBeLessThan(300);
  return answer.body;
}

/**
 * The document with the seeded ids as examples of path parameters and of the body's fields, and without the example of
 * an Idempotency-Key: one key for every request would be refused from the second on. Nothing else differs.
 */
export function pointExamplesAtSeeds(document: OpenApiDocument, seeds: Seeds): OpenApiDocument {
  const copy = structuredClone(document);
  for (const { operation } of operationsOf(copy)) {
    for (const { name, schema } of operation.parameters ?? []) {
      if (name === 'Idempotency-Key') delete schema.example;
    }
  }
  for (const [name, values] of Object.entries(seeds)) {
    const [method = '', path = ''] = name.split(' ');
    const operation = new Map(Object.entries(copy.paths[path] ?? {})).get(method.toLowerCase());
    const inPath = (operation?.parameters ?? []).filter((parameter) => parameter.in === 'path');
    for (const parameter of inPath) {
      const value = values[parameter.name];
      if (value !== undefined) parameter.schema.example = value;
    }
    for (const { schema } of Object.values(operation?.requestBody?.content ?? {})) {
      for (const [field, value] of Object.entries(values)) {
        // What names the path's resource is none of the body's fields, even where one is called the same.
        if (inPath.some((parameter) => parameter.name === field)) continue;
        const property = schema?.properties?.[field];
        if (property !== undefined) property.example = value;
      }
    }
  }
  return copy;
}

/** A cursor of each list that has a second page, by the list's address. */
export async function cursorsOf(
  house: House,
  operations: readonly NamedOperation[],
  seeds: Seeds,
): Promise<Record<string, string>> {
  const cursors: Record<string, string> = {};
  for (const { name, path, operation } of operations) {
    const parameters = operation.parameters ?? [];
    if (!parameters.some((parameter) => parameter.in === 'query' && parameter.name === 'cursor')) continue;
    const address = path.replaceAll(/\{([^}]+)\}/g, (_, key: string) => {
      const documented = parameters.find((parameter) => parameter.in === 'path' && parameter.name === key);
      return seeds[name]?.[key] ?? String(documented?.schema.example);
    });
    const { status, body } = await ask(house, 'GET', `${address}?limit=1`);
    if (status === 200 && body.nextCursor) cursors[address] = body.nextCursor;
  }
  return cursors;
}
