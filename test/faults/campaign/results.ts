import { appendFile, readFile } from 'node:fs/promises';
import { SetupFailure } from '../../../stack/failure.ts';
import { commitOf, isSameCode } from '../code-state.ts';
import type { Report } from './run.ts';

/** Reports of runs, kept in a file (a JSON object a line) so that an interrupted campaign goes on where it was. */
export type Results = {
  readonly reports: readonly Report[];
  add(report: Report): Promise<void>;
};

type Line = { readonly commit: string; readonly report: Report };

/**
 * @param file null: nothing is kept
 * @throws SetupFailure where the file is about other code than runs, or about code that nobody can look up: its results
 *   would pass as that commit's
 */
export async function openResults(file: string | null): Promise<Results> {
  const reports: Report[] = [];
  if (file === null) return { reports, add: async (report) => void reports.push(report) };
  const root = process.cwd();
  const commit = await commitOf(root);
  if (commit === null)
    throw new SetupFailure(
      `${file} is about the code of a commit, and files have changed: commit them first.`,
    );
  const lines = await readLines(file);
  for (const other of new Set(lines.map((line) => line.commit)))
    if (!(await isSameCode(root, other, commit)))
      throw new SetupFailure(`${file} is about other code than ${commit}'s: name another file.`);
  reports.push(...lines.map(({ report }) => report));
  return {
    reports,
    async add(report) {
      reports.push(report);
      await appendFile(file, `${JSON.stringify({ commit, report })}\n`);
    },
  };
}

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
