import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { lchown, mkdir, open, readdir, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SetupFailure } from './failure.ts';

/** A file as it was copied; its path is relative to the tree. */
export type CopiedFile = { path: string; bytes: number; sha256: string };

export type CopyOptions = {
  /** Paths, relative to the tree, that are not copied: a file, or all that is in a folder. */
  leaveOut: (path: string) => boolean;
  /** True where a living server may remove files while they are copied: these are left out. */
  mayVanish: boolean;
};

/**
 * Copies a folder file by file onto the disk (each is flushed), with modes and, as root, with owners.
 * @returns what was copied, with the checksum of what was read.
 * @throws SetupFailure for anything but files and folders: a link leads out of the tree.
 */
export async function copyTree(from: string, to: string, options: CopyOptions): Promise<CopiedFile[]> {
  const files: CopiedFile[] = [];
  await copyFolder(from, to, '', options, files);
  return files;
}

async function copyFolder(
  from: string,
  to: string,
  folder: string,
  options: CopyOptions,
  files: CopiedFile[],
): Promise<void> {
  await makeFolder(join(from, folder), join(to, folder));
  const entries = await readdir(join(from, folder), { withFileTypes: true });
  for (const entry of entries) {
    const path = posix.join(folder, entry.name);
    if (options.leaveOut(path)) continue;
    if (entry.isDirectory()) await copyFolder(from, to, path, options, files);
    else if (entry.isFile()) files.push(...(await copyUnlessGone(from, to, path, options)));
    else
      throw new SetupFailure(`${join(from, path)} is neither a file nor a folder, so it cannot be copied.`);
  }
  await flushFolder(join(to, folder));
}

async function copyUnlessGone(from: string, to: string, path: string, { mayVanish }: CopyOptions) {
  try {
    return [{ path, ...(await copyFile(join(from, path), join(to, path))) }];
  } catch (error) {
    if (mayVanish && (error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Copies one file, flushes it, and answers with its size and checksum. */
export async function copyFile(from: string, to: string): Promise<{ bytes: number; sha256: string }> {
  const { mode, uid, gid } = await stat(from);
  const hash = createHash('sha256');
  let bytes = 0;
  const counted = async function* (source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  };
  await pipeline(createReadStream(from), counted, createWriteStream(to, { mode: mode & 0o777, flush: true }));
  await own(to, uid, gid);
  return { bytes, sha256: hash.digest('hex') };
}

/** The checksum of a file, as `copyFile` tells it. */
export async function checksum(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

async function makeFolder(from: string, to: string): Promise<void> {
  const { mode, uid, gid } = await stat(from);
  await mkdir(to, { recursive: true, mode: mode & 0o777 });
  await own(to, uid, gid);
}

/** Postgres starts on a folder of its own user only; another user than root copies what is his own. */
async function own(path: string, uid: number, gid: number): Promise<void> {
  if (process.getuid?.() === 0) await lchown(path, uid, gid);
}

/** The names in a folder are on the disk only after this. */
export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** True where something has this name; that it cannot be told is thrown, and never taken for a no. */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** The paths of all that is in a tree and is no folder, relative to it. */
export async function listFiles(tree: string, folder = ''): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(join(tree, folder), { withFileTypes: true })) {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await listFiles(tree, path)));
    else files.push(path);
  }
  return files;
}
