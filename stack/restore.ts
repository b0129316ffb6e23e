import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { copyTree, exists } from './copy-tree.ts';
import { SetupFailure } from './failure.ts';
import { claim } from './launcher.ts';
import { type Manifest, requireWhole } from './manifest.ts';
import { createPostgres } from './postgres.ts';
import type { Progress } from './progress.ts';
import { ASIDE, DATA, finishRestore, swapIn } from './swap.ts';

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
 * aside first: a restore that fails until then leaves the data as it was, and one that is killed later is finished
 * by the next start or restore (swap.ts).
 * @throws SetupFailure when the stack runs, data is there without `force`, or the backup is not whole.
 */
export async function restoreBackup<T>(
  options: RestoreOptions<T>,
): Promise<{ manifest: Manifest; prepared: T }> {
  const { backup, dir, force, progress } = options;
  const release = await claim(dir);
  try {
    await finishRestore(dir, progress);
    if (!force) await requireEmpty(dir);
    const manifest = await progress('checking the backup', 'whole', () => requireWhole(backup));
    const aside = join(dir, ASIDE);
    await mkdir(aside, { recursive: true });
    const everything = { leaveOut: () => false, mayVanish: false };
    const copy = () => copyTree(join(backup, 'postgres'), join(aside, 'postgres'), everything);
    await progress('copying it', 'copied', copy);
    const prepared = await prepareAside(options, aside);
    await swapIn(dir);
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

/** What the parts of a stack of one's own are called, and what the document says to do with them. */
const OWN = {
  DATABASE_URL: 'a Postgres of your own: restore it with its own tools',
  READ_DATABASE_URL: 'a database of your own for the read tables: give it an empty one',
  KAFKA_BROKERS: 'a Kafka of your own, which has events of a later time: give it new topics',
  TEMPORAL_ADDRESS: 'a Temporal of your own, which has workflows of a later time: give it a new namespace',
};

/**
 * A restore replaces what the local stack keeps, and nothing else.
 * @throws SetupFailure when a part is not the local stack's.
 */
export function requireLocalParts(env: NodeJS.ProcessEnv): void {
  for (const [variable, what] of Object.entries(OWN)) {
    if (!env[variable]) continue;
    const rest = 'do all of "Backup and restore" in docs/RELIABILITY.md by hand';
    throw new SetupFailure(`${variable} names ${what}, and ${rest}.`);
  }
}
