import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cached } from './cache.ts';

const { signal } = new AbortController();
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'remit-cache-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('two at once fill a folder once and both get it', async () => {
  let fills = 0;
  const fill = async (folder: string) => {
    fills += 1;
    await sleep(100);
    await writeFile(join(folder, 'tool'), 'whole');
  };
  const folders = await Promise.all([cached('k', fill, signal, root), cached('k', fill, signal, root)]);
  expect(fills).toBe(1);
  expect(await Promise.all(folders.map((folder) => readFile(join(folder, 'tool'), 'utf8')))).toEqual([
    'whole',
    'whole',
  ]);
  expect(await readdir(root)).toEqual(['k']);
});

test('a fill that fails leaves no folder and no lock behind', async () => {
  const fails = async () => Promise.reject(new Error('no network'));
  await expect(cached('k', fails, signal, root)).rejects.toThrow('no network');
  expect(await readdir(root)).toEqual([]);
});

test('the lock and the half-filled folder of a dead process are taken over', async () => {
  // The number is ours, but the start time is not, so the process that wrote it is gone.
  await writeFile(join(root, 'k.lock'), JSON.stringify({ pid: process.pid, startedAt: '1' }));
  await mkdir(join(root, 'k.tmp-dead'));
  await cached('k', (folder) => writeFile(join(folder, 'tool'), 'whole'), signal, root);
  expect(await readdir(root)).toEqual(['k']);
});
