import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { printFailure, SetupFailure } from '../../stack/failure.ts';
import { commitOf } from './code-state.ts';
import { writeBlock } from './document.ts';
import { AREAS } from './mutation/areas.mjs';
import { LEAST_SCORES } from './mutation/least-scores.ts';
import { fallsShort, type Row, rowOf, toMarkdown } from './mutation/score.ts';

type Area = keyof typeof AREAS;
const NAMES = Object.keys(AREAS) as Area[];
const ROOT = process.cwd();
const REPORTS = join('reports', 'mutation');
const STRYKER = join('node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');

/**
 * Mutates the areas that are named, or all, one after the other: Stryker changes the code in one place at a time, and
 * the area's tests must notice. Fails where an area's score is below what it must be, or nobody has set that.
 */
async function main(): Promise<boolean> {
  const options = { write: { type: 'boolean' } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const areas = positionals.length === 0 ? NAMES : positionals.map(requireArea);
  // Before hours of work rather than after them.
  if (values.write) await requireCommit();
  let good = true;
  for (const area of areas) good = (await mutate(area)) && good;
  if (values.write) await write();
  return good;
}

function requireArea(name: string): Area {
  const area = NAMES.find((one) => one === name);
  if (area === undefined) throw new SetupFailure(`There is no area ${name}: choose of ${NAMES.join(', ')}.`);
  return area;
}

async function mutate(area: Area): Promise<boolean> {
  const [begun, commit, reportFile] = [Date.now(), await commitOf(ROOT), join(REPORTS, `${area}.json`)];
  // What an earlier run left must not pass for this one's.
  for (const file of [reportFile, rowFile(area)]) await rm(file, { force: true });
  const code = await run([STRYKER, 'run', 'stryker.config.mjs'], { MUTATE_AREA: area });
  if (code !== 0) throw new SetupFailure(`Stryker ended with ${code} in ${area}: mend what it says above.`);
  const { what, by } = AREAS[area];
  const report = JSON.parse(await readFile(reportFile, 'utf8'));
  const row = rowOf({ area, commit, what, by, report, tookMs: Date.now() - begun });
  await mkdir(REPORTS, { recursive: true });
  await writeFile(rowFile(area), JSON.stringify(row));
  console.log(`mutation: ${area} ${row.score} % (${row.killed} of ${row.mutants} noticed)`);
  const why = fallsShort(row, LEAST_SCORES[area]);
  if (why !== null) console.log(`mutation: ${why}`);
  return why === null;
}

/** The table is about all areas, each with the commit that was measured and with the score that it must have. */
async function write(): Promise<void> {
  const rows = await Promise.all(NAMES.map(readRow));
  for (const row of rows) {
    const again = `commit, and run \`npm run mutate -- ${row.area}\` again`;
    if (row.commit === null)
      throw new SetupFailure(`Not written: the last run of ${row.area} was on no commit: ${again}.`);
    const why = fallsShort(row, LEAST_SCORES[requireArea(row.area)]);
    if (why !== null) throw new SetupFailure(`Not written: ${why}`);
  }
  await writeBlock('RELIABILITY.md', 'mutation', toMarkdown(rows));
}

async function requireCommit(): Promise<void> {
  if ((await commitOf(ROOT)) !== null) return;
  throw new SetupFailure('The table is about a commit: commit what has changed, or leave out --write.');
}

function rowFile(area: Area): string {
  return join(REPORTS, `${area}.row.json`);
}

/** What the last run of an area came to. */
async function readRow(area: Area): Promise<Row> {
  try {
    return JSON.parse(await readFile(rowFile(area), 'utf8')) as Row;
  } catch (cause) {
    const mend = `run \`npm run mutate -- ${area}\` first`;
    throw new SetupFailure(`Not written: ${rowFile(area)} is missing: ${mend}.`, { cause });
  }
}

/** Ctrl-C reaches Stryker too, so this only waits for it to end. */
function run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const child = spawn(process.execPath, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', (code) => done(code ?? 1));
  });
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  printFailure(error);
  process.exitCode = 1;
}
