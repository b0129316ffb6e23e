import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { printFailure, SetupFailure } from '../../stack/failure.ts';
import { writeBlock } from './document.ts';
import { AREAS } from './mutation/areas.mjs';
import { type Row, rowOf, toMarkdown } from './mutation/score.ts';

type Area = keyof typeof AREAS;
const NAMES = Object.keys(AREAS) as Area[];
const REPORTS = join('reports', 'mutation');
const STRYKER = join('node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');

/**
 * Mutates the areas that are named, or all, one after the other: Stryker changes the code in one place at a time, and
 * the area's tests must notice. Fails where an area's score is below what it must be.
 */
async function main(): Promise<boolean> {
  const options = { write: { type: 'boolean' } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const areas = positionals.length === 0 ? NAMES : positionals.map(requireArea);
  let good = true;
  for (const area of areas) good = (await mutate(area)) && good;
  if (values.write) await writeBlock('mutation', toMarkdown(await Promise.all(NAMES.map(readRow))));
  return good;
}

function requireArea(name: string): Area {
  const area = NAMES.find((one) => one === name);
  if (area === undefined) throw new SetupFailure(`There is no area ${name}: choose of ${NAMES.join(', ')}.`);
  return area;
}

async function mutate(area: Area): Promise<boolean> {
  const begun = Date.now();
  const code = await run([STRYKER, 'run', 'stryker.config.mjs'], { MUTATE_AREA: area });
  const report = JSON.parse(await readFile(join(REPORTS, `${area}.json`), 'utf8'));
  const row = rowOf({ area, what: AREAS[area].what, by: AREAS[area].by, report, tookMs: Date.now() - begun });
  await writeFile(join(REPORTS, `${area}.row.json`), JSON.stringify(row));
  console.log(`mutation: ${area} ${row.score} % (${row.killed} of ${row.mutants} noticed)`);
  return code === 0;
}

/** What the last run of an area came to. */
async function readRow(area: Area): Promise<Row> {
  const file = join(REPORTS, `${area}.row.json`);
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Row;
  } catch (cause) {
    throw new SetupFailure(`${file} is missing: run \`npm run mutate -- ${area}\` first.`, { cause });
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
