import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, flushFolder } from './copy-tree.ts';
import { removeFolder } from './launcher.ts';
import type { Progress } from './progress.ts';

/** What the parts keep in a data folder; the rest are logs and records of processes. */
export const DATA = ['postgres', 'kafka', 'temporal.db', 'temporal.db-wal', 'temporal.db-shm'];

/** Where a restore prepares its Postgres. Under this name it is given up when the restore ends early. */
export const ASIDE = 'restoring';
/** The same folder once all is prepared. While it has this name, the data below `dir` is still to be replaced by it. */
const READY = 'restored';

/**
 * Puts the prepared Postgres in the place of the data. The rename is what decides: before it the data is as it was,
 * after it the swap is finished here, or by the next start or restore (`finishRestore`).
 */
export async function swapIn(dir: string): Promise<void> {
  await flushFolder(join(dir, ASIDE));
  await rename(join(dir, ASIDE), join(dir, READY));
  await flushFolder(dir);
  await rollForward(dir);
}

/**
 * Ends what a restore left that was cut short: one that had not prepared everything is given up, one that had is
 * finished. Called before anything runs on the folder, by the one who has claimed it (launcher.ts).
 */
export async function finishRestore(dir: string, progress: Progress): Promise<void> {
  // Also ends a Postgres that a killed restore left running there.
  await removeFolder(join(dir, ASIDE));
  if (!(await exists(join(dir, READY)))) return;
  await progress('finishing a restore that was cut short', 'done', () => rollForward(dir));
}

/** May be cut short anywhere, and is then done again from the start. */
async function rollForward(dir: string): Promise<void> {
  const ready = join(dir, READY);
  // Where it is not there any more it took its place, and the data below `dir` is what was restored.
  if (await exists(join(ready, 'postgres'))) {
    for (const name of DATA) await remove(join(dir, name));
    await flushFolder(dir);
    await rename(join(ready, 'postgres'), join(dir, 'postgres'));
    await flushFolder(ready);
    await flushFolder(dir);
  }
  await remove(ready);
  await flushFolder(dir);
}

async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}
