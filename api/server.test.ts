import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { serveApp } from './server.ts';

function serveSlow(delayMs: number) {
  const fetcher = {
    async fetch() {
      await sleep(delayMs);
      return new Response('done');
    },
  };
  return serveApp(fetcher, { host: '127.0.0.1', port: 0 });
}

test('a request that runs is answered while the server closes, a new one is not taken', async () => {
  const server = await serveSlow(200);
  const running = fetch(server.address).then((response) => response.text());
  await sleep(50);
  const closing = server.close(2_000);
  await expect(fetch(server.address)).rejects.toThrow();
  expect(await running).toBe('done');
  await closing;
});

test('while it drains it serves on, and each answer is the last of its connection', async () => {
  const server = await serveSlow(100);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = () =>
    new Promise<string | undefined>((resolve, reject) => {
      const request = get(server.address, { agent }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.headers.connection));
      });
      request.once('error', reject);
    });
  expect(await ask()).toBe('keep-alive');
  const running = ask();
  await sleep(50);
  const closing = server.close(2_000, 500);
  expect([await running, await ask()]).toEqual(['close', 'close']);
  await closing;
  await expect(ask()).rejects.toThrow('ECONNREFUSED');
  agent.destroy();
});

test('what does not end within the grace is cut', async () => {
  const server = await serveSlow(5_000);
  const running = fetch(server.address).catch(() => 'cut');
  await sleep(50);
  const startedAt = performance.now();
  await server.close(100);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  expect(await running).toBe('cut');
});

test('a port that is taken is an error', async () => {
  const server = await serveSlow(0);
  const port = Number(new URL(server.address).port);
  await expect(serveApp({ fetch: () => new Response() }, { host: '127.0.0.1', port })).rejects.toThrow(
    'EADDRINUSE',
  );
  await server.close(100);
});
