import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SetupFailure } from '../../stack/failure.ts';

const run = promisify(execFile);
/** What may change without changing what is measured: documents, and the least scores themselves. */
const BESIDES = [':!docs', ':!*.md', ':!test/faults/mutation/least-scores.ts'];

/** The commit of a checkout's code; null where there are changes that are not committed. */
export async function commitOf(root: string): Promise<string | null> {
  const changes = await git(root, 'status', '--porcelain', '--untracked-files=all', '--', '.', ...BESIDES);
  return changes === '' ? git(root, 'rev-parse', 'HEAD') : null;
}

/** Whether the code of two commits is the same. */
export async function isSameCode(root: string, one: string, other: string): Promise<boolean> {
  return (await git(root, 'diff', '--name-only', one, other, '--', '.', ...BESIDES)) === '';
}

async function git(root: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await run('git', args, { cwd: root });
    return stdout.trim();
  } catch (cause) {
    throw new SetupFailure(`git says nothing of ${root}: run this in a clone, with git installed.`, {
      cause,
    });
  }
}
