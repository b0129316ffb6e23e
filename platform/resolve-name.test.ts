import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { resolveName } from './resolve-name.ts';

let server: Socket | undefined;
afterEach(() => {
  server?.close();
  server = undefined;
});

/** A name server that knows one IPv4 address for every name; without one it never answers. */
async function nameServer(address: string | null): Promise<string> {
  const socket = createSocket('udp4');
  server = socket;
  socket.on('message', (query, { port }) => {
    if (address === null) return;
    const end = query.indexOf(0, 12) + 5;
    const isFour = query.readUInt16BE(end - 4) === 1;
    const head = Buffer.from([0x81, 0x80, 0, 1, 0, isFour ? 1 : 0, 0, 0, 0, 0]);
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)]);
    const parts = [query.subarray(0, 2), head, query.subarray(12, end), ...(isFour ? [record] : [])];
    socket.send(Buffer.concat(parts), port, '127.0.0.1');
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return `127.0.0.1:${socket.address().port}`;
}

test('the addresses of a name come from its name server, also where it has none of one family', async () => {
  const found = await resolveName('hook.example.com', [await nameServer('10.1.2.3')]);
  expect(found).toEqual([{ address: '10.1.2.3', family: 4 }]);
});

test('names for this machine are asked for nowhere', async () => {
  for (const name of ['localhost', 'LOCALHOST.', 'db.localhost']) {
    expect(await resolveName(name)).toEqual([{ address: '127.0.0.1', family: 4 }]);
  }
});

test('a name server that is silent is given up', { timeout: 30_000 }, async () => {
  const asked = resolveName('slow.example.com', [await nameServer(null)]);
  await expect(asked).rejects.toMatchObject({ code: 'ETIMEOUT' });
});
