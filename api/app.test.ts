import { describe, expect, test } from 'vitest';
import { createLog } from '../platform/log.ts';
import { createPool } from '../platform/postgres.ts';
import { documentSchema } from '../test/contract/document.ts';
import { lacks, untypedSchemas } from '../test/contract/lint.ts';
import { recorded } from '../test/proofs/record.ts';
import { createApp } from './app.ts';

// Nothing listens on port 1: whoever gets as far as Postgres is answered 503, and validation must not.
const log = createLog({ level: 'silent', role: 'test' });
const nowhere = createPool({ url: 'postgres://x@127.0.0.1:1/x', max: 2, name: 'test', log });
const LIMITS = { EVENT_STREAMS_MAX: 2, EVENT_STREAM_MAX_MS: 1_000, WEBHOOK_ALLOW_PRIVATE: false };
const COSTS = { APPROVAL_THRESHOLDS: [], APPROVAL_TIMEOUT_MS: 1, FEE_FLAT: [], FEE_PER_MILLE: 0 };
const bare = createApp({
  pool: nowhere,
  readPool: nowhere,
  dispatcher: {
    async execute() {
      await nowhere.query('select 1');
      return { kind: 'key-reused' };
    },
    startedAt: async () => null,
  },
  health: { temporal: async () => 'ok' },
  config: {
    COMMAND_WAIT_MS: 1,
    READ_WAIT_MS: 1,
    QUOTE_TTL_MS: 1,
    TEMPORAL_UI_URL: '',
    TEMPORAL_NAMESPACE: 'default',
    ...LIMITS,
    ...COSTS,
  },
  log,
  now: () => new Date(),
  newId: () => 'request-1',
  isDraining: () => false,
});
const app = recorded(bare);

type Problem = {
  type: string;
  status: number;
  instance: string;
  errors?: { pointer: string; message: string }[];
};

async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await app.request(path, {
    method,
    ...(body === undefined ? {} : { body: text }),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
  });
  return { response, problem: (await response.json()) as Problem };
}

const EUR = { currency: 'EUR' };
const CASH = { amount: '10.50', ...EUR };
const MOVE = { from: 'a', to: 'b', ...CASH };
const PERSON = { name: 'Ada', email: 'ada@example.com' };
const QUOTE = { from: 'EUR', to: 'USD', amount: '1' };
const long = (length: number) => 'x'.repeat(length);
const many = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, 1]));

describe('malformed bodies are 400 and name the field', () => {
  test.each<[string, unknown, string]>([
    ['/api/accounts', {}, '/currency'],
    ['/api/accounts', [], ''],
    ['/api/accounts', 'null', ''],
    ['/api/accounts', '"x"', ''],
    ['/api/accounts', { ...EUR, nope: 1 }, '/nope'],
    ['/api/accounts', { currency: 'eur' }, '/currency'],
    ['/api/accounts', { currency: 'ZZZ' }, '/currency'],
    ['/api/accounts', { currency: 978 }, '/currency'],
    ['/api/accounts', { ...EUR, id: '' }, '/id'],
    ['/api/accounts', { ...EUR, id: '-a' }, '/id'],
    ['/api/accounts', { ...EUR, id: 'a/b' }, '/id'],
    ['/api/accounts', { ...EUR, id: long(65) }, '/id'],
    ['/api/accounts', { ...EUR, id: 'transit' }, '/id'],
    ['/api/accounts', { ...EUR, id: null }, '/id'],
    ['/api/accounts', { ...EUR, ownerId: 'a b' }, '/ownerId'],
    ['/api/accounts', { ...EUR, name: long(201) }, '/name'],
    ['/api/accounts', { ...EUR, initialDeposit: 10 }, '/initialDeposit'],
    ['/api/accounts', { ...EUR, initialDeposit: '-1' }, '/initialDeposit'],
    ['/api/accounts', { ...EUR, overdraftLimit: '1.001' }, '/overdraftLimit'],
    ['/api/accounts', { ...EUR, metadata: [] }, '/metadata'],
    ['/api/accounts', { ...EUR, metadata: { a: {} } }, '/metadata/a'],
    ['/api/accounts', { ...EUR, metadata: { a: long(501) } }, '/metadata/a'],
    ['/api/accounts', '{"currency":"EUR","metadata":{"a":1e999}}', '/metadata/a'],
    ['/api/accounts', '{"currency":"EUR","metadata":{"a":12345678901234567890}}', '/metadata/a'],
    ['/api/accounts', { ...EUR, metadata: { [long(41)]: 1 } }, `/metadata/${long(41)}`],
    ['/api/accounts', { ...EUR, metadata: many }, '/metadata'],
    ['/api/accounts/a/deposits', {}, '/amount'],
    ['/api/accounts/a/deposits', { amount: '1' }, '/currency'],
    ['/api/accounts/a/deposits', { ...CASH, description: long(501) }, '/description'],
    ['/api/accounts/a/withdrawals', { ...CASH, reference: 'x' }, '/reference'],
    ['/api/accounts/a/freeze', {}, '/reason'],
    ['/api/accounts/a/unfreeze', { reason: '' }, '/reason'],
    ['/api/accounts/a/close', { reason: long(501) }, '/reason'],
    ['/api/accounts/a/close', { reason: 5 }, '/reason'],
    ['/api/transfers', { ...MOVE, from: undefined }, '/from'],
    ['/api/transfers', { ...MOVE, to: 'b b' }, '/to'],
    ['/api/transfers', { ...MOVE, reference: long(101) }, '/reference'],
    ['/api/transfers', { ...MOVE, executeAt: '2030-01-01' }, '/executeAt'],
    ['/api/transfers', { ...MOVE, executeAt: '9000-01-01T00:00:00Z' }, '/executeAt'],
    ['/api/transfers', { ...MOVE, dryRun: 'true' }, '/dryRun'],
    ['/api/transfers', { ...MOVE, quoteId: '' }, '/quoteId'],
    ['/api/transfers/t/cancel', {}, '/reason'],
    ['/api/transfers/t/approve', { reason: 'x', to: 'b' }, '/to'],
    ['/api/transfers/t/decline', { reason: '' }, '/reason'],
    ['/api/transfers/t/cancel', { reason: ' \t' }, '/reason'],
    ['/api/transfers/t/retry', { reason: 1 }, '/reason'],
    ['/api/transfers/t/resolve', { reason: 'x' }, '/to'],
    ['/api/transfers/t/reverse', { amount: 1 }, '/amount'],
    ['/api/transfers/t/reverse', { currency: 'EUR' }, '/currency'],
    ['/api/transfers', '{"from":"a","from":"b"}', '/from'],
    ['/api/customers', {}, '/name'],
    ['/api/customers', { ...PERSON, email: undefined }, '/email'],
    ['/api/customers', { ...PERSON, id: 'a b' }, '/id'],
    ['/api/customers', { ...PERSON, name: '' }, '/name'],
    ['/api/customers', { ...PERSON, name: ' ' }, '/name'],
    ['/api/customers', { ...PERSON, name: long(201) }, '/name'],
    ['/api/customers', { ...PERSON, name: 5 }, '/name'],
    ['/api/customers', { ...PERSON, email: 'ada' }, '/email'],
    ['/api/customers', { ...PERSON, email: 'a@b' }, '/email'],
    ['/api/customers', { ...PERSON, email: 'a b@example.com' }, '/email'],
    ['/api/customers', { ...PERSON, email: `${long(250)}@example.com` }, '/email'],
    ['/api/customers', { ...PERSON, phone: '1' }, '/phone'],
    ['/api/quotes', { from: 'EUR', amount: '1' }, '/to'],
    ['/api/quotes', { ...QUOTE, id: '-' }, '/id'],
    ['/api/quotes', { ...QUOTE, from: 'ZZZ' }, '/from'],
    ['/api/quotes', { ...QUOTE, amount: '0' }, '/amount'],
    ['/api/quotes', { ...QUOTE, amount: '1.001' }, '/amount'],
    ['/api/quotes', { ...QUOTE, amount: 1 }, '/amount'],
    ['/api/quotes', { ...QUOTE, rate: '1' }, '/rate'],
    ['/api/projections/balances/rebuild', { force: true }, '/force'],
    ['/api/projections/%00/rebuild', {}, '/path/name'],
    ['/api/dead-letters/l/replay', { force: true }, '/force'],
    ['/api/dead-letters/a%20b/replay', {}, '/path/id'],
  ])('POST %s %j -> %s', async (path, body, pointer) => {
    const { response, problem } = await ask('POST', path, body);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(problem).toMatchObject({ type: '/problems/validation', status: 400, instance: path });
    expect(problem.errors?.map((error) => error.pointer)).toContain(pointer);
  });
});

describe('a PUT is checked like a POST', () => {
  test.each<[string, unknown, string]>([
    ['/api/rates/EUR-USD', {}, '/rate'],
    ['/api/rates/EUR-USD', { rate: 1.1 }, '/rate'],
    ['/api/rates/EUR-USD', { rate: '0' }, '/rate'],
    ['/api/rates/EUR-USD', { rate: '1', pair: 'x' }, '/pair'],
    ['/api/rates/EUR-USD', '{"rate":"1","rate":"2"}', '/rate'],
    ['/api/rates/EUR-USD', '{"rate":"1","__proto__":1}', '/__proto__'],
    ['/api/rates/EUR-USD', '{"rate":', ''],
    ['/api/rates/EUR-EUR', { rate: '1' }, '/path/pair'],
    ['/api/rates/EUR-ZZZ', { rate: '1' }, '/path/pair'],
  ])('PUT %s %j -> %s', async (path, body, pointer) => {
    const { response, problem } = await ask('PUT', path, body);
    expect(response.status).toBe(400);
    expect(problem.errors?.map((error) => error.pointer)).toContain(pointer);
  });

  test('a body that is not JSON is 415, and a missing one 400', async () => {
    const text = { 'content-type': 'text/plain' };
    expect((await ask('PUT', '/api/rates/EUR-USD', '{"rate":"1"}', text)).response.status).toBe(415);
    expect((await ask('PUT', '/api/rates/EUR-USD')).response.status).toBe(400);
  });
});

describe('amounts at the border', () => {
  const wrong = [
    '1e3',
    '+1',
    '-1',
    '0',
    '0.00',
    '.5',
    '5.',
    '05',
    '1.001',
    '1,00',
    ' 1',
    '',
    '1'.repeat(19),
    '١',
  ];
  test.each([...wrong, 10, 10.5, null, true, ['1'], {}])('%j is refused at /amount', async (amount) => {
    const { response, problem } = await ask('POST', '/api/transfers', { ...MOVE, amount });
    expect(response.status).toBe(400);
    expect(problem.errors).toEqual([{ pointer: '/amount', message: expect.any(String) }]);
  });

  test.each([
    ['10.5', 'EUR'],
    ['10', 'EUR'],
    ['10', 'JPY'],
    ['0.001', 'BHD'],
  ])('%s %s is fine', async (amount, currency) => {
    const { response } = await ask('POST', '/api/transfers', { ...MOVE, amount, currency });
    expect(response.status).toBe(503);
  });

  test('JPY has no decimals', async () => {
    const { problem } = await ask('POST', '/api/transfers', { ...MOVE, amount: '10.5', currency: 'JPY' });
    expect(problem.errors?.[0]).toEqual({
      pointer: '/amount',
      message: 'JPY has 0 decimals: write it like "10"',
    });
  });
});

describe('malformed addresses and headers are 400 and name the place', () => {
  test.each([
    ['/api/accounts?nope=1', '/query/nope'],
    ['/api/accounts?limit=0', '/query/limit'],
    ['/api/accounts?limit=201', '/query/limit'],
    ['/api/accounts?limit=1.5', '/query/limit'],
    ['/api/accounts?limit=', '/query/limit'],
    ['/api/accounts?limit=1&limit=2', '/query/limit'],
    ['/api/accounts?status=gone', '/query/status'],
    ['/api/accounts?currency=zzz', '/query/currency'],
    ['/api/accounts?ownerId=%00', '/query/ownerId'],
    ['/api/accounts?cursor=abc', '/query/cursor'],
    ['/api/accounts?cursor=', '/query/cursor'],
    ['/api/accounts/a%20b', '/path/id'],
    ['/api/accounts/%00', '/path/id'],
    ['/api/accounts/%ff', '/path/id'],
    [`/api/accounts/${long(65)}`, '/path/id'],
    ['/api/accounts/a?at=2026-01-01', '/query/at'],
    ['/api/accounts/a?version=0', '/query/version'],
    ['/api/accounts/a/statement?from=yesterday', '/query/from'],
    ['/api/reports/trial-balance?position=-1', '/query/position'],
    ['/api/accounts/a?minVersion=0', '/query/minVersion'],
    ['/api/accounts/a?minVersion=x', '/query/minVersion'],
    ['/api/accounts/a/transactions?from=yesterday', '/query/from'],
    ['/api/accounts/a/transactions?from=0000-01-01T00:00:00Z', '/query/from'],
    ['/api/accounts/a/transactions?from=0001-01-01T00:00:00%2B01:00', '/query/from'],
    ['/api/reports/transactions/a?to=9999-12-31T23:59:59-01:00', '/query/to'],
    ['/api/events?after=-1', '/query/after'],
    ['/api/events?after=99999999999999999999', '/query/after'],
    ['/api/transfers?status=lost', '/query/status'],
    ['/api/dead-letters?status=lost', '/query/status'],
    ['/api/dead-letters?projection=nope', '/query/projection'],
    ['/api/dead-letters?tenant=main', '/query/tenant'],
    ['/api/dead-letters?cursor=abc', '/query/cursor'],
    ['/api/dead-letters/%00', '/path/id'],
    ['/api/transfers/a%20b', '/path/id'],
    ['/api/commands?cursor=%00', '/query/cursor'],
    ['/healthz?x=1', '/query/x'],
  ])('GET %s -> %s', async (path, pointer) => {
    const { response, problem } = await ask('GET', path);
    expect(response.status).toBe(400);
    expect(problem.errors?.map((error) => error.pointer)).toContain(pointer);
  });

  test.each([
    ['Idempotency-Key', ''],
    ['Idempotency-Key', 'a b'],
    ['Idempotency-Key', 'ü'],
    ['Idempotency-Key', long(256)],
    ['Prefer', 'wait=soon'],
  ])('%s: %s', async (name, value) => {
    const { response, problem } = await ask('POST', '/api/transfers', MOVE, { [name]: value });
    expect(response.status).toBe(400);
    expect(problem.errors?.[0]?.pointer).toBe(`/header/${name}`);
  });
});

describe('fields that are right and do not go together are 422, whoever finds it out', () => {
  const backwards = 'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z';
  const cursor = Buffer.from(JSON.stringify(['accounts', { status: 'open', after: 'a' }])).toString(
    'base64url',
  );
  test.each<[string, string, unknown, string]>([
    ['POST', '/api/transfers', { ...MOVE, executeAt: '2030-01-01T00:00:00Z', quoteId: 'q' }, '/executeAt'],
    ['POST', '/api/quotes', { ...QUOTE, to: 'EUR' }, '/to'],
    ['PUT', '/api/accounts/a/limits', { currency: 'EUR' }, ''],
    ['GET', '/api/accounts/a?version=1&at=2026-01-01T00:00:00Z', undefined, '/query/at'],
    ['GET', `/api/accounts?status=closed&cursor=${cursor}`, undefined, '/query/status'],
    ['GET', `/api/accounts/a/statement?${backwards}`, undefined, '/query/to'],
    ['GET', `/api/accounts/a/transactions?${backwards}`, undefined, '/query/to'],
    ['GET', `/api/reports/transactions/a?${backwards}`, undefined, '/query/to'],
    ['GET', '/api/events?after=1&cursor=x', undefined, '/query/after'],
  ])('%s %s %j -> %s', async (method, path, body, pointer) => {
    const { response, problem } = await ask(method, path, body);
    expect(response.status).toBe(422);
    expect(problem).toMatchObject({
      type: '/problems/validation',
      title: 'The fields do not go together',
      status: 422,
      errors: [{ pointer }],
    });
  });

  test('the document says so of each route, and how large a version and a position may be', async () => {
    const document = documentSchema.parse(await (await app.request('/openapi.json')).json());
    for (const path of ['/api/accounts', '/api/accounts/{id}', '/api/events', '/api/transfers']) {
      expect(document.paths[path]?.get?.responses, path).toHaveProperty('422');
    }
    const maximum = (path: string, name: string) =>
      document.paths[path]?.get?.parameters?.find((parameter) => parameter.name === name)?.schema;
    expect(maximum('/api/accounts/{id}', 'version')).toMatchObject({ maximum: 999_999_999 });
    const position = { type: 'integer', minimum: 0, maximum: 999_999_999_999_999 };
    expect(maximum('/api/events', 'after')).toMatchObject(position);
    expect(maximum('/api/events/stream', 'after')).toMatchObject(position);
    expect(maximum('/api/reports/trial-balance', 'position')).toMatchObject(position);
  });
});

test('a direct command takes Prefer like any other', async () => {
  for (const [method, path, body] of [
    ['PUT', '/api/rates/EUR-USD', { rate: '1' }],
    ['POST', '/api/customers', PERSON],
  ] as const) {
    const { response, problem } = await ask(method, path, body, { Prefer: 'wait=soon' });
    expect([response.status, problem.errors?.[0]?.pointer]).toEqual([400, '/header/Prefer']);
  }
});

describe('the other refusals of the border', () => {
  test('an unknown path is 404', async () => {
    const { response, problem } = await ask('POST', '/api/nope', 'not json', {
      'content-type': 'text/plain',
    });
    expect(response.status).toBe(404);
    expect(problem.type).toBe('/problems/not-found');
  });

  test.each([
    ['DELETE', '/api/accounts', 'POST, GET, HEAD'],
    ['GET', '/api/accounts/a/deposits', 'POST'],
    ['POST', '/api/accounts/a', 'GET, HEAD'],
    ['PUT', '/api/transfers/t', 'GET, HEAD'],
    ['POST', '/openapi.json', 'GET, HEAD'],
  ])('%s %s is 405 and allows %s', async (method, path, allow) => {
    const { response, problem } = await ask(method, path);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe(allow);
    expect(problem.type).toBe('/problems/method-not-allowed');
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonx',
    'application/json; charset=utf-16',
    '',
  ])('a body of type "%s" is 415', async (type) => {
    const { response } = await ask('POST', '/api/transfers', MOVE, { 'content-type': type });
    expect(response.status).toBe(415);
  });

  test('a body of more than 1 MB is 413, told or not', async () => {
    const body = JSON.stringify({ ...MOVE, description: long(1_000_001) });
    expect((await ask('POST', '/api/transfers', body)).response.status).toBe(413);
    const told = await ask('POST', '/api/transfers', body, { 'content-length': String(body.length) });
    expect(told.response.status).toBe(413);
  });

  test('a body with a Content-Encoding is 415', async () => {
    const { response } = await ask('POST', '/api/transfers', MOVE, { 'content-encoding': 'gzip' });
    expect(response.status).toBe(415);
  });

  test('a client that hangs up in the middle of its body is no outage of ours', async () => {
    const body = new ReadableStream({
      start: (controller) =>
        controller.error(Object.assign(new Error('aborted'), { code: 'ECONNRESET', syscall: 'read' })),
    });
    const headers = { 'content-type': 'application/json' };
    const request = new Request('http://remit/api/transfers', {
      method: 'POST',
      headers,
      body,
      duplex: 'half',
    });
    expect((await app.request(request)).status).toBe(400);
  });

  test('bytes that are no UTF-8 are 400', async () => {
    const response = await app.request('/api/transfers', {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: new Uint8Array([0x22, 0xff, 0x22]),
    });
    expect(response.status).toBe(400);
  });

  test('Postgres down is 503 with Retry-After, and tells nothing of it', async () => {
    for (const path of [
      '/api/accounts',
      '/api/accounts/a',
      '/api/transfers/t',
      '/api/events',
      '/api/integrity',
      '/api/dead-letters',
    ]) {
      const { response, problem } = await ask('GET', path);
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('1');
      expect(JSON.stringify(problem)).not.toMatch(/ECONN|127\.0\.0\.1/);
    }
  });

  test('healthz lives, readyz tells each dependency', async () => {
    expect((await ask('GET', '/healthz')).response.status).toBe(200);
    const { response, problem } = await ask('GET', '/readyz');
    expect(response.status).toBe(503);
    expect(problem).toEqual({
      status: 'not-ready',
      dependencies: { postgres: 'down', readDatabase: 'down', temporal: 'up' },
    });
  });
});

describe('the OpenAPI document', () => {
  test('tells of each route its summary, tag, example and errors, and leaves no schema untyped', async () => {
    const document = documentSchema.parse(await (await app.request('/openapi.json')).json());
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toContain('/api/accounts/{id}/deposits');
    const create = document.paths['/api/transfers']?.post;
    expect(Object.keys(create?.responses ?? {})).toEqual(
      expect.arrayContaining(['201', '202', '400', '409', '422', '503']),
    );
    expect(untypedSchemas(document)).toEqual([]);
    expect(lacks(document)).toEqual([]);
  });
});

describe('the API reference', () => {
  test('is a page with all of its files from here, under a policy that lets nothing else in', async () => {
    const page = await app.request('/docs');
    const html = await page.text();
    expect(page.headers.get('content-type')).toMatch('text/html');
    expect(page.headers.get('content-security-policy')).toMatch("default-src 'none'; script-src 'self'");
    expect(html).not.toMatch(/https?:|<script>|<style|style=/);
    const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file!);
    expect(files).toHaveLength(4);
    for (const file of files) expect((await app.request(file)).status, file).toBe(200);
  });

  test.each([
    ['start.js', 'text/javascript'],
    ['swagger-ui-bundle.js', 'text/javascript'],
    ['swagger-ui.css', 'text/css'],
    ['favicon-32x32.png', 'image/png'],
  ])('serves %s as %s', async (file, type) => {
    const response = await app.request(`/docs/${file}`);
    expect(response.headers.get('content-type')).toMatch(type);
    expect(response.headers.get('cache-control')).toBe('public, max-age=3600');
    expect(Number((await response.arrayBuffer()).byteLength)).toBeGreaterThan(100);
  });

  test.each(['package.json', 'swagger-ui.js', '..%2fpackage.json', '%2e%2e', 'toString'])(
    'does not serve %s',
    async (file) => {
      expect((await ask('GET', `/docs/${file}`)).response.status).toBe(404);
    },
  );
});
