import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, type Manifest, requireWhole } from './backup.ts';
import { copyTree, flushFolder } from './copy-tree.ts';
import { SetupFailure } from './failure.ts';
import { claim, removeFolder } from './launcher.ts';
import { createPostgres } from './postgres.ts';
import type { Progress } from './progress.ts';

/** What the parts keep in a data folder; the rest are logs and records of processes. */
const DATA = ['postgres', 'kafka', 'temporal.db', 'temporal.db-wal', 'temporal.db-shm'];

export type RestoreOptions<T> = {
  /** The backup that `takeBackup` made. */
  backup: string;
  /** The stack's data folder. Nothing may run on it. */
  dir: string;
  /** Replaces the data that is there. */
  force: boolean;
  /** Where Postgres listens while the restored store is prepared. */
  port: number;
  /** Makes the restored store ready for a Kafka and a Temporal that know nothing of it. */
  prepare: (url: string) => Promise<T>;
  progress: Progress;
  signal: AbortSignal;
};

/**
 * Puts a backup in the place of a stack's data. What Kafka and Temporal have is of a later time than the backup:
 * events with versions that will be given anew, workflows that ended. So their data goes. Everything is prepared
 * aside first, and takes its place by renames: a restore that fails leaves the data as it was.
 * @throws SetupFailure when the stack runs, data is there without `force`, or the backup is not whole.
 */
export async function restoreBackup<T>(
  options: RestoreOptions<T>,
): Promise<{ manifest: Manifest; prepared: T }> {
  const { backup, dir, force, progress } = options;
  const release = await claim(dir);
  try {
    if (!force) await requireEmpty(dir);
    const manifest = await progress('checking the backup', 'whole', () => requireWhole(backup));
    const aside = join(dir, 'restoring');
    // Also ends a Postgres that a killed restore left running there.
    await removeFolder(aside);
    await mkdir(aside, { recursive: true });
    const everything = { leaveOut: () => false, mayVanish: false };
    const copy = () => copyTree(join(backup, 'postgres'), join(aside, 'postgres'), everything);
    await progress('copying it', 'copied', copy);
    const prepared = await prepareAside(options, aside);
    await swapIn(aside, dir);
    await removeFolder(aside);
    return { manifest, prepared };
  } finally {
    await release();
  }
}

async function requireEmpty(dir: string): Promise<void> {
  for (const name of DATA) {
    if (!(await exists(join(dir, name)))) continue;
    throw new SetupFailure(`${dir} has data: move it away, or replace it for good with --force.`);
  }
}

/** Postgres replays the log of the backup when it starts, so a backup that cannot be used is told now. */
async function prepareAside<T>(
  { port, prepare, progress, signal }: RestoreOptions<T>,
  aside: string,
): Promise<T> {
  const postgres = createPostgres({ dir: aside, port });
  try {
    await postgres.prepare(progress, signal);
    await postgres.up(progress, signal);
    const url = postgres.env.DATABASE_URL;
    if (url === undefined) throw new Error('the local Postgres has no address');
    return await prepare(url);
  } finally {
    await postgres.down();
  }
}

/** Postgres last: until it is there, the old store still is. */
async function swapIn(aside: string, dir: string): Promise<void> {
  for (const name of DATA.filter((one) => one !== 'postgres')) {
    await rm(join(dir, name), { recursive: true, force: true });
  }
  const replaced = join(dir, 'postgres.replaced');
  await rm(replaced, { recursive: true, force: true });
  if (await exists(join(dir, 'postgres'))) await rename(join(dir, 'postgres'), replaced);
  await rename(join(aside, 'postgres'), join(dir, 'postgres'));
  await flushFolder(dir);
  await rm(replaced, { recursive: true, force: true });
}
