import type { LookupAddress } from 'node:dns';
import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type Answers, type Receiver, startReceiver } from '../test/receiver.ts';
import { type Posted, postJson, publicLookup } from './post-json.ts';

let receiver: Receiver | undefined;
afterEach(async () => receiver?.close());

async function post(
  answers: Answers,
  options: Partial<Parameters<typeof postJson>[0]> = {},
): Promise<Posted> {
  receiver = await startReceiver(answers);
  return postJson({
    url: receiver.url,
    headers: { 'Remit-Event': 'AccountFrozen' },
    body: '{"name":"Zoë"}',
    timeoutMs: 5_000,
    allowPrivate: true,
    ...options,
  });
}

test('the body arrives whole, with its headers', async () => {
  expect(await post([204])).toEqual({ statusCode: 204, error: null });
  expect(receiver?.received).toMatchObject([
    {
      body: '{"name":"Zoë"}',
      headers: { 'content-type': 'application/json', 'content-length': '15', 'remit-event': 'AccountFrozen' },
    },
  ]);
});

test('a redirect is an answer, and is not followed', async () => {
  expect(await post([307, 200])).toEqual({ statusCode: 307, error: null });
  expect(receiver?.received).toHaveLength(1);
});

test('a receiver that hangs, hangs up or is not there is a value with its cause', async () => {
  expect(await post(['hang'], { timeoutMs: 200 })).toEqual({ statusCode: null, error: 'timeout' });
  await receiver?.close();
  expect(await post(['reset'])).toEqual({ statusCode: null, error: 'ECONNRESET' });
  await receiver?.close();
  expect(await post([200], { url: 'http://127.0.0.1:1/' })).toEqual({
    statusCode: null,
    error: 'ECONNREFUSED',
  });
});

test('an answer whose body never ends counts by its status', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const posted = await post([200], { url: `http://127.0.0.1:${port}/`, timeoutMs: 300 });
  expect(posted).toEqual({ statusCode: 200, error: null });
  server.close();
});

test('nothing is sent to a private address, be it written, or what a name resolves to', async () => {
  const written = await post([200], { allowPrivate: false });
  expect(written).toEqual({ statusCode: null, error: 'The URL must be an https URL.' });
  const { port } = new URL(receiver!.url);
  for (const [host, error] of [
    ['127.0.0.1', 'The URL must not be an address of a private network.'],
    ['localhost', 'PRIVATE_ADDRESS'],
  ] as const) {
    expect(await post([200], { url: `https://${host}:${port}/`, allowPrivate: false })).toEqual({
      statusCode: null,
      error,
    });
    expect(receiver?.received).toEqual([]);
    await receiver?.close();
  }
});

test('the look-up at the connection refuses a name with any private address, however it is asked', async () => {
  const ask = (all: boolean) =>
    new Promise<NodeJS.ErrnoException | string | LookupAddress[] | null>((done) =>
      publicLookup('localhost', { all }, (error, address) => done(error ?? address)),
    );
  expect(await ask(true)).toMatchObject({ code: 'PRIVATE_ADDRESS' });
  expect(await ask(false)).toMatchObject({ code: 'PRIVATE_ADDRESS' });
});
