import { execFile } from 'node:child_process';
import { copyFile, mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { SetupFailure } from '../../../stack/failure.ts';

const run = promisify(execFile);
const MAX_LIST_BYTES = 32 * 1024 * 1024;

/**
 * Copies what belongs to the checkout, committed or not, into a new folder; the packages are shared.
 * @throws SetupFailure where the tree is no git checkout.
 */
export async function copyCheckout(root: string, dir: string): Promise<void> {
  const files = await listFiles(root);
  for (const folder of new Set(files.map((file) => dirname(file)))) {
    await mkdir(join(dir, folder), { recursive: true });
  }
  for (const file of files) await copyIfThere(join(root, file), join(dir, file));
  await symlink(join(root, 'node_modules'), join(dir, 'node_modules'));
}

async function listFiles(root: string): Promise<string[]> {
  try {
    const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
    const { stdout } = await run('git', args, { cwd: root, maxBuffer: MAX_LIST_BYTES });
    return stdout.split('\0').filter((file) => file !== '');
  } catch (cause) {
    const mend = 'run this in a clone, with git installed';
    throw new SetupFailure(`${root} is not a git checkout, so its files are not known: ${mend}.`, { cause });
  }
}

/** A file may be deleted and not committed so, or be gone since it was listed. */
async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
