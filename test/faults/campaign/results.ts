import { execFile } from 'node:child_process';
import { appendFile, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { SetupFailure } from '../../../stack/failure.ts';
import type { Report } from './run.ts';

const run = promisify(execFile);

/** Reports of runs, kept in a file (a JSON object a line) so that an interrupted campaign goes on where it was. */
export type Results = {
  readonly reports: readonly Report[];
  add(report: Report): Promise<void>;
};

/**
 * @param file null: nothing is kept
 * @throws SetupFailure where the file is about another commit, or what runs is none: results of changes that nobody can
 *   look up would pass as that commit's
 */
export async function openResults(file: string | null): Promise<Results> {
  const commit = await currentCommit();
  if (file !== null && (await hasChanges()))
    throw new SetupFailure(
      `${file} is about one commit, and files have changed since ${commit}: commit them first.`,
    );
  const lines = file === null ? [] : await readLines(file);
  if (lines.some((line) => line.commit !== commit))
    throw new SetupFailure(`${file} is about another commit than ${commit}: name another file.`);
  const reports = lines.map(({ report }) => report);
  return {
    reports,
    async add(report) {
      reports.push(report);
      if (file !== null) await appendFile(file, `${JSON.stringify({ commit, report })}\n`);
    },
  };
}

type Line = { readonly commit: string; readonly report: Report };

async function readLines(file: string): Promise<Line[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** Whether tracked files differ from the commit. Documents may: commands write their figures there. */
async function hasChanges(): Promise<boolean> {
  return run('git', ['status', '--porcelain', '--untracked-files=no', '--', ':/', ':(exclude,top)docs']).then(
    ({ stdout }) => stdout.trim() !== '',
    () => false,
  );
}

/** Outside a checkout (an unpacked archive) there is none. */
async function currentCommit(): Promise<string> {
  return run('git', ['rev-parse', 'HEAD']).then(
    ({ stdout }) => stdout.trim(),
    () => 'none',
  );
}
