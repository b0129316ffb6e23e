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
