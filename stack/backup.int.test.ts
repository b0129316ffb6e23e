import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeBackup } from './backup.ts';
import { SetupFailure } from './failure.ts';
import { removeFolder } from './launcher.ts';
import { requireWhole } from './manifest.ts';
import type { Part } from './part.ts';
import { freePort } from './ports.ts';
import { createPostgres } from './postgres.ts';

let dir: string;
let postgres: Part;
let to: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'remit-backup-'));
  to = join(dir, 'backups');
  await mkdir(to);
  postgres = createPostgres({ dir, port: await freePort() });
  await postgres.up((_, __, work) => work(), new AbortController().signal);
});
afterAll(async () => {
  await postgres?.down();
  await removeFolder(dir);
});

const backUp = (name: string) => takeBackup({ dir, url: postgres.env.DATABASE_URL!, folder: join(to, name) });

test('of two backups at once the second is refused, and does not touch the first', async () => {
  const both = await Promise.allSettled([backUp('one'), backUp('one')]);
  const refused = both.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  expect(refused).toEqual([expect.any(SetupFailure)]);
  expect(refused[0]).toHaveProperty('message', expect.stringContaining('Another backup is being taken'));
  expect(await readdir(to)).toEqual(['one']);
  await expect(requireWhole(join(to, 'one'))).resolves.toHaveProperty('format', 1);
});

test('what a killed backup left makes room for the next, and a folder that is there does not', async () => {
  await mkdir(join(to, 'two.partial'));
  await writeFile(join(to, 'two.partial', 'half'), '');
  await backUp('two');
  await expect(backUp('two')).rejects.toThrow('exists: name a folder that does not');
  expect(await readdir(to)).toEqual(['one', 'two']);
  await requireWhole(join(to, 'two'));
});
