import { rm } from 'node:fs/promises';
import { SetupFailure } from './failure.ts';
import { endLeftovers, forget, record, recorded } from './processes.ts';

const NAME = 'launcher';

/**
 * Makes this process the one launcher of a data folder.
 * @returns the function that gives the folder back.
 * @throws SetupFailure when another launcher runs on it.
 */
export async function claim(dir: string): Promise<() => Promise<void>> {
  const other = await recorded(dir, NAME);
  if (other) throw new SetupFailure(`Remit already runs from ${dir} as process ${other.pid}: stop it first.`);
  // Before our own name is written down there: what runs in the folder now has nobody that looks after it.
  await endLeftovers(dir);
  await record(dir, NAME, process.pid);
  return () => forget(dir, NAME);
}

/**
 * Deletes a data folder and ends what a killed launcher left running on it.
 * @throws SetupFailure when its launcher runs.
 */
export async function removeFolder(dir: string): Promise<void> {
  const launcher = await recorded(dir, NAME);
  if (launcher) {
    throw new SetupFailure(`Remit runs from ${dir} as process ${launcher.pid}: stop it, then reset again.`);
  }
  await endLeftovers(dir);
  await rm(dir, { recursive: true, force: true, maxRetries: 3 });
}
