import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { restoreBackup } from './restore.ts';
import { startStack } from './stack.ts';
import { swapIn } from './swap.ts';

let root: string;
beforeAll(async () => {
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  root = await mkdtemp(join(tmpdir(), 'remit-swap-'));
});
afterAll(() => rm(root, { recursive: true }));

const OLD = {
  'postgres/PG_VERSION': 'old',
  'postgres/base/1': 'old',
  'kafka/log': 'old',
  'temporal.db': 'old',
};
const PREPARED = { 'restoring/postgres/PG_VERSION': 'new', 'restoring/postgres.log': 'a log' };

async function newFolder(files: Record<string, string>): Promise<string> {
  const dir = await mkdtemp(join(root, 'dir-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(dir, path, '..'), { recursive: true });
    await writeFile(join(dir, path), text);
  }
  return dir;
}

/** All that is in a folder, but the launcher's records and logs. */
async function contentOf(dir: string): Promise<Record<string, string>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(
    files.map(async (file) => [file.slice(dir.length + 1), await readFile(file, 'utf8')]),
  );
  return Object.fromEntries(texts.filter(([path]) => !path!.startsWith('run/')));
}

/** What `npm start` does with the folder before its parts, of which this stack has none. */
async function start(dir: string): Promise<void> {
  const env = { DATABASE_URL: 'own', KAFKA_BROKERS: 'own', TEMPORAL_ADDRESS: 'own' };
  const ports = { postgres: 1, kafka: 1, temporal: 1, temporalUi: 1 };
  await startStack({ dir, ports, env, signal: new AbortController().signal });
}

/** A restore that does nothing itself: it has no backup to restore. */
async function restore(dir: string): Promise<void> {
  const rest = { port: 1, prepare: async () => undefined, signal: new AbortController().signal };
  const nothing = {
    backup: join(dir, 'nothing'),
    dir,
    force: true,
    progress: async <T>(_: string, __: string, work: () => Promise<T>) => work(),
  };
  await expect(restoreBackup({ ...nothing, ...rest })).rejects.toThrow('is no backup');
}

/** What the swap does to a folder, one change after the other, as `swapIn` does it: a kill may come behind each. */
const STEPS: [string, (dir: string) => Promise<unknown>][] = [
  ['all is marked as ready', (dir) => rename(join(dir, 'restoring'), join(dir, 'restored'))],
  ['a part of the old store is deleted', (dir) => rm(join(dir, 'postgres', 'PG_VERSION'))],
  ['the old store is deleted', (dir) => rm(join(dir, 'postgres'), { recursive: true })],
  ['the data of Kafka is deleted', (dir) => rm(join(dir, 'kafka'), { recursive: true })],
  ['the data of Temporal is deleted', (dir) => rm(join(dir, 'temporal.db'))],
  ['the new store is in place', (dir) => rename(join(dir, 'restored', 'postgres'), join(dir, 'postgres'))],
  ['a part of the rest is deleted', (dir) => rm(join(dir, 'restored', 'postgres.log'))],
  ['the rest is deleted', (dir) => rm(join(dir, 'restored'), { recursive: true })],
];

test('a swap leaves the restored store, and nothing of what was there', async () => {
  const dir = await newFolder({ ...OLD, ...PREPARED });
  await swapIn(dir);
  expect(await contentOf(dir)).toEqual({ 'postgres/PG_VERSION': 'new' });
});

test.each([
  ['start', start],
  ['restore', restore],
])('a %s after a kill behind any step of the swap finishes it', async (_, next) => {
  const dir = await newFolder({ ...OLD, ...PREPARED });
  for (const [step, change] of STEPS) {
    await change(dir);
    const killed = await mkdtemp(join(root, 'killed-'));
    await cp(dir, killed, { recursive: true });
    await next(killed);
    expect(await contentOf(killed), step).toEqual({ 'postgres/PG_VERSION': 'new' });
    expect(await readdir(killed), step).not.toContain('restored');
  }
});

test.each([
  ['start', start],
  ['restore', restore],
])('a %s after a kill before all was ready leaves the data as it was', async (_, next) => {
  const dir = await newFolder({ ...OLD, ...PREPARED });
  await next(dir);
  expect(await contentOf(dir)).toEqual(OLD);
});

test('what was written since the new store took its place is not deleted', async () => {
  const dir = await newFolder({
    'postgres/PG_VERSION': 'new',
    'kafka/log': 'new',
    'restored/postgres.log': '',
  });
  await start(dir);
  expect(await contentOf(dir)).toEqual({ 'postgres/PG_VERSION': 'new', 'kafka/log': 'new' });
});
