import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { checksum, exists, listFiles } from './copy-tree.ts';
import { SetupFailure } from './failure.ts';

/** The manifest's name in a backup; what it lists is in the folder `postgres` beside it. */
export const MANIFEST = 'backup.json';

const schema = z.object({
  format: z.literal(1),
  takenAt: z.iso.datetime(),
  files: z
    .array(z.object({ path: z.string().min(1), bytes: z.int().min(0), sha256: z.hash('sha256') }))
    .min(1),
});

/** What a backup holds, so that a restore can tell whether it is whole. */
export type Manifest = z.infer<typeof schema>;

/**
 * Reads a backup's manifest and compares every file with it.
 * @throws SetupFailure that names the first file that is missing, not as it was copied, or not in the manifest: one
 * that was added, such as a `standby.signal`, would change what Postgres does with the rest.
 */
export async function requireWhole(folder: string): Promise<Manifest> {
  const manifest = await readManifest(folder);
  const tree = join(folder, 'postgres');
  const found = new Set((await exists(tree)) ? await listFiles(tree) : []);
  for (const { path, sha256 } of manifest.files) {
    if (!found.delete(path)) throw damaged(folder, path, 'missing');
    if ((await checksum(join(tree, path))) !== sha256) throw damaged(folder, path, 'not what was copied');
  }
  for (const path of found) throw damaged(folder, path, 'none of its files');
  return manifest;
}

async function readManifest(folder: string): Promise<Manifest> {
  const file = join(folder, MANIFEST);
  if (!(await exists(file))) throw new SetupFailure(`${folder} is no backup: it has no ${MANIFEST}.`);
  const { success, data, error } = schema.safeParse(jsonOf(await readFile(file, 'utf8')));
  if (success) return data;
  const why = error.issues.map(({ path, message }) => [...path, message].join(' ')).join('; ');
  throw new SetupFailure(`${file} is none that this version of Remit reads (${why}): take another backup.`);
}

/** What is no JSON is no manifest either, and the schema says so. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function damaged(folder: string, path: string, state: string): SetupFailure {
  return new SetupFailure(`${folder} is damaged: postgres/${path} is ${state}. Take another backup.`);
}
