import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { identify, isAlive } from './identity.ts';
import { claim, removeFolder } from './launcher.ts';
import { freePort, portFromEnv, requireFreePort } from './ports.ts';
import { endLeftovers, launch, record, recorded } from './processes.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'remit-processes-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Ignores SIGTERM where `stubborn`, and says in its log when it is ready for signals. */
function sleeper(name: string, stubborn = false) {
  const script = `${stubborn ? "process.on('SIGTERM', () => {});" : ''} setInterval(() => {}, 1000)`;
  return launch({ name, command: process.execPath, args: ['-e', script], dir });
}

test('leftovers of a killed launcher are ended, and a number that now belongs to another is not', async () => {
  const leftover = await sleeper('kafka');
  const bystander = await sleeper('bystander');
  await writeFile(join(dir, 'run', 'bystander.json'), JSON.stringify({ pid: bystander.pid, startedAt: '1' }));
  await endLeftovers(dir);
  expect(await identify(leftover.pid)).toBeUndefined();
  expect(await identify(bystander.pid)).toBeDefined();
  await bystander.end('SIGKILL', 1_000);
});

test('a process that ignores the request to end is killed after its grace', async () => {
  const stubborn = await sleeper('stubborn', true);
  await stubborn.end('SIGTERM', 300);
  expect(await identify(stubborn.pid)).toBeUndefined();
  expect(await recorded(dir, 'stubborn')).toBeUndefined();
});

test('a process that cannot be started is one sentence', async () => {
  const started = launch({ name: 'kafka', command: 'no-such-tool', args: [], dir });
  await expect(started).rejects.toThrow('kafka cannot be started: `no-such-tool` is missing or cannot run.');
});

test('a folder has one launcher at a time, and is not removed under it', async () => {
  const other = await sleeper('other');
  await record(dir, 'launcher', other.pid);
  await expect(claim(dir)).rejects.toThrow(`Remit already runs from ${dir} as process ${other.pid}`);
  await expect(removeFolder(dir)).rejects.toThrow('stop it, then reset again');
  await other.end('SIGKILL', 1_000);
  const release = await claim(dir);
  await release();
});

test('a process has the identity it had a moment ago', async () => {
  const identity = await identify(process.pid);
  expect(await isAlive(identity!)).toBe(true);
  expect(await isAlive({ ...identity!, startedAt: '1' })).toBe(false);
});

test('a port in use is one sentence that says what to set', async () => {
  const server = createServer();
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await expect(requireFreePort(port, 'Kafka', 'REMIT_KAFKA_PORT')).rejects.toThrow(
    `Port ${port} for Kafka is in use: stop what listens there or set REMIT_KAFKA_PORT.`,
  );
  await new Promise((resolve) => server.close(resolve));
  await expect(requireFreePort(port, 'Kafka', 'REMIT_KAFKA_PORT')).resolves.toBeUndefined();
});

test('free ports are below those that any connection may be given, and each is given once', async () => {
  const ports = await Promise.all(Array.from({ length: 200 }, freePort));
  expect(new Set(ports).size).toBe(200);
  expect(Math.max(...ports)).toBeLessThan(32_768);
});

test('a port that is not one is refused by the name of its variable', () => {
  expect(() => portFromEnv({ PORT: 'http' }, 'PORT', 3_000)).toThrow('PORT is http: set it to a port');
  expect(portFromEnv({}, 'PORT', 3_000)).toBe(3_000);
});
