import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SetupFailure } from './failure.ts';
import { requireWhole } from './manifest.ts';
import { restoreBackup } from './restore.ts';

let backup: string;
beforeEach(async () => {
  backup = await mkdtemp(join(tmpdir(), 'remit-manifest-'));
  await mkdir(join(backup, 'postgres', 'base'), { recursive: true });
  await writeFile(join(backup, 'postgres', 'base', '1'), 'rows');
});
afterEach(() => rm(backup, { recursive: true }));

const sha256 = createHash('sha256').update('rows').digest('hex');
const WHOLE = {
  format: 1,
  takenAt: '2026-11-21T10:00:00.000Z',
  files: [{ path: 'base/1', bytes: 4, sha256 }],
};
const write = (manifest: unknown) => writeFile(join(backup, 'backup.json'), JSON.stringify(manifest));

test('a backup with just the files of its manifest is whole', async () => {
  await write(WHOLE);
  expect(await requireWhole(backup)).toEqual(WHOLE);
});

test.each([
  ['nothing in it', {}, 'format'],
  ['no files', { ...WHOLE, files: [] }, 'files'],
  ['another format', { ...WHOLE, format: 2 }, 'format'],
  ['a file without a checksum', { ...WHOLE, files: [{ path: 'base/1', bytes: 4 }] }, 'files 0 sha256'],
])('a manifest with %s is refused, with the place', async (_, manifest, place) => {
  await write(manifest);
  await expect(requireWhole(backup)).rejects.toThrow(SetupFailure);
  await expect(requireWhole(backup)).rejects.toThrow(place);
});

test('a folder without a manifest, or with one that was cut short, is no backup', async () => {
  await expect(requireWhole(backup)).rejects.toThrow('is no backup: it has no backup.json');
  await writeFile(join(backup, 'backup.json'), JSON.stringify(WHOLE).slice(0, 40));
  await expect(requireWhole(backup)).rejects.toThrow('is none that this version of Remit reads');
});

test('a file that was added, changed or lost is told, and nothing is restored', async () => {
  const dir = join(backup, 'stack');
  const nothing = { prepare: async () => undefined, signal: new AbortController().signal, port: 1 };
  const restore = () =>
    restoreBackup({ ...nothing, backup, dir, force: true, progress: (_, __, work) => work() });
  await write(WHOLE);
  const added = join(backup, 'postgres', 'standby.signal');
  await writeFile(added, '');
  await expect(restore()).rejects.toThrow('damaged: postgres/standby.signal is none of its files');
  await rm(added);
  await writeFile(join(backup, 'postgres', 'base', '1'), 'other rows');
  await expect(restore()).rejects.toThrow('damaged: postgres/base/1 is not what was copied');
  await rm(join(backup, 'postgres', 'base', '1'));
  await expect(restore()).rejects.toThrow('damaged: postgres/base/1 is missing');
});
