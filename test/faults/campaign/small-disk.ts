import { type ChildProcess, spawn } from 'node:child_process';
import { appendFile, mkdir, open, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '../../../stack/commands.ts';
import { freePort } from '../../../stack/ports.ts';
import { createPostgres } from '../../../stack/postgres.ts';

/** Room for what initdb makes (40 MB), a little log ahead, and some MB of data. */
const SIZE = '192m';
const LITTLE_LOG = "\nmin_wal_size = '32MB'\nmax_wal_size = '48MB'\n";
const BLOCK = Buffer.alloc(64 * 1024, 1);
const MOUNT_TIMEOUT_MS = 60_000;
const UNMOUNT_TRIES = 10;

/** A disk that can be filled to the last byte. */
export type SmallDisk = {
  /** Takes what room there is; returns how many bytes that were. */
  fill(): Promise<number>;
  free(): Promise<void>;
};

/**
 * Puts Postgres's data, `<dir>/postgres`, on a small disk of its own before Postgres is started there: a tmpfs at
 * `<dir>/disk`. Only root can mount one.
 * @returns what unmounts it
 */
export async function mountSmallDisk(dir: string): Promise<() => Promise<void>> {
  if (process.getuid?.() !== 0)
    throw new Error('a small disk can only be mounted by root: run this scenario as root');
  const disk = join(dir, 'disk');
  await initialise(join(dir, 'seed'));
  await mkdir(disk);
  await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0755`, 'remit-small-disk', disk]);
  const guard = unmountAtOurEnd(disk);
  const undo = async () => {
    await unmount(disk);
    // Its group, for the guard waits in a process of its own.
    process.kill(-guard.pid!, 'SIGTERM');
  };
  try {
    await run('cp', ['-a', join(dir, 'seed', 'postgres'), disk]);
    await appendFile(join(disk, 'postgres', 'postgresql.conf'), LITTLE_LOG);
    await symlink(join(disk, 'postgres'), join(dir, 'postgres'));
  } catch (error) {
    await undo();
    throw error;
  }
  return undo;
}

/** The disk that was mounted in this folder. */
export function smallDisk(dir: string): SmallDisk {
  const ballast = join(dir, 'disk', 'ballast');
  return {
    async fill() {
      let bytes = 0;
      // The last block may fit in part only; what is left over is below a page.
      for (const size of [BLOCK.length, 4_096]) bytes += await append(ballast, BLOCK.subarray(0, size));
      return bytes;
    },
    free: () => rm(ballast, { force: true }),
  };
}

/** Appends the block until there is no room for it. */
async function append(file: string, block: Buffer): Promise<number> {
  const handle = await open(file, 'a');
  let bytes = 0;
  try {
    for (;;) bytes += (await handle.write(block)).bytesWritten;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    return bytes;
  } finally {
    await handle.close();
  }
}

/** The folder of data that Postgres would make at its first start. */
async function initialise(dir: string): Promise<void> {
  const seed = createPostgres({ dir, port: await freePort() });
  await mkdir(dir);
  await seed.up((_doing, _done, work) => work(), AbortSignal.timeout(MOUNT_TIMEOUT_MS));
  await seed.down();
}

/** A campaign that is killed leaves no mount either: this process waits for its end, and unmounts. */
function unmountAtOurEnd(disk: string): ChildProcess {
  const script = 'tail --pid="$1" -f /dev/null; umount --lazy "$2"';
  const guard = spawn('sh', ['-c', script, 'sh', String(process.pid), disk], {
    detached: true,
    stdio: 'ignore',
  });
  guard.unref();
  return guard;
}

/** Whoever was killed may hold its files a moment longer; what still does then holds them without a name. */
async function unmount(disk: string): Promise<void> {
  for (let tries = 0; tries < UNMOUNT_TRIES; tries += 1) {
    if (
      await run('umount', [disk]).then(
        () => true,
        () => false,
      )
    )
      return;
    await sleep(500);
  }
  await run('umount', ['--lazy', disk]);
}

function run(command: string, args: string[]): Promise<unknown> {
  const signal = AbortSignal.timeout(MOUNT_TIMEOUT_MS);
  return runCommand(command, args, 'install util-linux', { timeoutMs: MOUNT_TIMEOUT_MS, signal });
}
