import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SetupFailure } from '../../../stack/failure.ts';

const run = promisify(execFile);
const TIMEOUT_MS = 30_000;

/** Where a bug's patch is. */
export function patchFile(name: string): string {
  return fileURLToPath(new URL(`${name}.patch`, import.meta.url));
}

/**
 * Applies a bug's patch to a tree, takes it off again, or only looks whether it would apply. Lines may have moved; what
 * the patch changes must still read as it did when the patch was made.
 * @throws SetupFailure where it does not apply any more, or there is no git.
 */
export async function applyPatch(dir: string, name: string, mode: 'apply' | 'check' | 'reverse') {
  const flag = { apply: [], check: ['--check'], reverse: ['--reverse'] }[mode];
  // A repository around the tree would make git leave out, in silence, what is not under its own root.
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: dirname(dir) };
  const args = ['apply', '--recount', '-C1', '--whitespace=nowarn', ...flag, patchFile(name)];
  try {
    await run('git', args, { cwd: dir, env, timeout: TIMEOUT_MS });
  } catch (cause) {
    const failed = cause as NodeJS.ErrnoException & { stderr?: string };
    if (failed.code === 'ENOENT') throw new SetupFailure('`git` is missing: install git.', { cause });
    const mend = `plant the same mistake in today's code and write the patch anew`;
    throw new SetupFailure(`${name}.patch does not apply any more: ${mend}. git says: ${failed.stderr}`, {
      cause,
    });
  }
}
