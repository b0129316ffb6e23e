import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isAlive, type ProcessIdentity } from './identity.ts';
import { until } from './wait.ts';

/** Longer than the slowest build (Temporal's CLI from source, 300 s on two cores). */
const LOCK_TIMEOUT_MS = 900_000;
const LOCK_POLL_MS = 250;
/** Longer than another process needs between seeing a stale lock and removing it. */
const SETTLE_MS = 200;

/** Where parts are kept between checkouts: `$XDG_CACHE_HOME/remit`, or `~/.cache/remit`. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'remit');
}

/** True when the folder of this key is complete, for it only gets its name when it is. */
export async function isCached(key: string, root = cacheRoot()): Promise<boolean> {
  return stat(join(root, key)).then(
    () => true,
    () => false,
  );
}

/**
 * The folder of `key` in the cache, made once by `fill` under a temporary name and then renamed.
 * Two processes at once fill it once: the second waits for the first, and takes over when the first died.
 */
export async function cached(
  key: string,
  fill: (folder: string) => Promise<void>,
  signal: AbortSignal,
  root = cacheRoot(),
): Promise<string> {
  const folder = join(root, key);
  if (await isCached(key, root)) return folder;
  await mkdir(root, { recursive: true });
  const unlock = await lock(`${folder}.lock`, signal);
  try {
    if (!(await isCached(key, root))) await fillAndRename(folder, fill);
  } finally {
    await unlock();
  }
  return folder;
}

async function fillAndRename(folder: string, fill: (folder: string) => Promise<void>): Promise<void> {
  await removeAbandoned(folder);
  const temporary = `${folder}.tmp-${randomUUID()}`;
  await mkdir(temporary);
  try {
    await fill(temporary);
    await rename(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Whoever holds the lock may do this: a temporary folder here belongs to a process that died while filling it. */
async function removeAbandoned(folder: string): Promise<void> {
  const names = await readdir(dirname(folder));
  const abandoned = names.filter((name) => name.startsWith(`${basename(folder)}.tmp-`));
  for (const name of abandoned) await rm(join(dirname(folder), name), { recursive: true, force: true });
}

/** Takes the lock file, waiting for a living holder; answers with the function that gives it back. */
async function lock(file: string, signal: AbortSignal): Promise<() => Promise<void>> {
  const mine = JSON.stringify(await identify(process.pid));
  const take = async () => {
    await removeStale(file);
    await writeFile(file, mine, { flag: 'wx' });
    await sleep(SETTLE_MS);
    if ((await readFile(file, 'utf8')) !== mine) throw new Error('Another process took the lock');
  };
  await until(`Waiting for ${file}`, take, { timeoutMs: LOCK_TIMEOUT_MS, everyMs: LOCK_POLL_MS, signal });
  return () => rm(file, { force: true });
}

/** Two that both see a stale lock may remove each other's new one; hence the second look in `lock`. */
async function removeStale(file: string): Promise<void> {
  const holder = await readHolder(file);
  if (holder === 'none' || (holder !== 'unreadable' && (await isAlive(holder)))) return;
  if (holder === 'unreadable' && Date.now() - (await stat(file)).mtimeMs < LOCK_POLL_MS * 4) return;
  await rm(file, { force: true });
}

async function readHolder(file: string): Promise<ProcessIdentity | 'none' | 'unreadable'> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return 'none';
  try {
    return JSON.parse(text) as ProcessIdentity;
  } catch {
    // A holder that was killed between creating and writing leaves an empty file.
    return 'unreadable';
  }
}
