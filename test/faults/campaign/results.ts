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

/** @param file null: nothing is kept. @throws SetupFailure where the file is about another commit. */
export async function openResults(file: string | null): Promise<Results> {
  const commit = await currentCommit();
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

/** Outside a checkout (an unpacked archive) there is none. */
async function currentCommit(): Promise<string> {
  return run('git', ['rev-parse', 'HEAD']).then(
    ({ stdout }) => stdout.trim(),
    () => 'none',
  );
}
