import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Integrity } from '../sql/integrity/check-integrity.ts';
import { printFailure, SetupFailure } from '../stack/failure.ts';
import { writeBlock } from '../test/faults/document.ts';
import { capacityOf } from './capacity.ts';
import { toSvg } from './chart.ts';
import { dropped, keep, NOISE, readKept } from './gate.ts';
import { type Ground, startGround } from './ground.ts';
import { ask } from './http.ts';
import { FULL, type Plan, QUICK } from './plan.ts';
import { awaitProjected } from './projected.ts';
import { type Report, toMarkdown } from './report.ts';
import { measureRows } from './rows.ts';
import { judge, targetsOf } from './targets.ts';

const USAGE = `Usage: npm run bench -- [--quick] [--write] [--keep]
  --quick  short windows and small sizes
  --write  puts the table and the chart into docs/PERFORMANCE.md, what they come to in cores into docs/SCALING.md
  --keep   keeps this run's ratios in bench/baseline.json, which later runs must not fall below by more than 35 %`;
const RESULTS = fileURLToPath(new URL('results', import.meta.url));

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => interrupted.abort(new SetupFailure('Interrupted.')));

async function main(args: string[]): Promise<boolean> {
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({ args, options: { quick: flag, write: flag, keep: flag, help: flag } });
  if (values.help) {
    console.log(USAGE);
    return true;
  }
  const report = await run(values.quick ? QUICK : FULL);
  await save(report, values.write);
  console.log(`\n${toMarkdown(report)}`);
  return values.keep ? keep(report.mode, report.verdicts).then(() => true) : compare(report);
}

async function run(plan: Plan): Promise<Report> {
  const ground = await startGround(interrupted.signal);
  try {
    return await Promise.race([measure(ground, plan), interruption()]);
  } finally {
    await ground.close();
  }
}

async function measure(ground: Ground, plan: Plan): Promise<Report> {
  const durability = await readDurability(ground);
  console.log(`Postgres: ${durability}`);
  const lines = await measureRows(ground, plan);
  const integrity = await requireIntegrity(ground);
  const verdicts = judge(targetsOf(plan), lines);
  const at = new Date().toISOString();
  return { mode: plan.mode, at, machine: machine(), durability, integrity, lines, verdicts };
}

/** Requests that run for minutes are not waited for: what they ask is about to be ended. */
function interruption(): Promise<never> {
  const { signal } = interrupted;
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

async function readDurability({ pool }: Ground): Promise<string> {
  const { rows } = await pool.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit') order by name`,
  );
  return rows.map(({ name, setting }) => `${name} ${setting}`).join(', ');
}

/** A figure of a store that is not whole would be worth nothing. */
async function requireIntegrity(ground: Ground): Promise<string> {
  await awaitProjected(ground, 100);
  console.log('\nlooking at the integrity of it all');
  const { ok, checks } = await ask<Integrity>('GET', `${ground.api}/api/integrity`, 200);
  const checked = checks.reduce((sum, one) => sum + one.checked, 0).toLocaleString('en-US');
  if (ok) return `Integrity: clean, ${checked} things checked.`;
  const wrong = checks
    .filter((one) => !one.ok)
    .map(({ name, firstViolation }) => `${name}: ${firstViolation}`);
  throw new Error(`The store is not whole:\n${wrong.join('\n')}`);
}

function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}`;
}

/** The files of a kind of run are replaced by its next one. */
async function save(report: Report, write: boolean): Promise<void> {
  await mkdir(RESULTS, { recursive: true });
  await writeFile(join(RESULTS, `${report.mode}.json`), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(join(RESULTS, `${report.mode}.svg`), toSvg(report.lines));
  if (!write) return;
  const chart = `![Transfers a second](../bench/results/${report.mode}.svg)`;
  await writeBlock('PERFORMANCE.md', 'bench', `${toMarkdown(report)}\n\n${chart}`);
  await writeBlock('SCALING.md', 'capacity', capacityOf(report.lines));
}

async function compare({ mode, verdicts }: Report): Promise<boolean> {
  const kept = await readKept(mode);
  if (kept === null)
    console.log(`\nNo ratios of a ${mode} run are kept to compare with: --keep keeps these.`);
  const drops = dropped(kept ?? {}, verdicts);
  for (const drop of drops) console.log(`DROPPED by more than ${NOISE * 100} %: ${drop}`);
  return drops.length === 0;
}

try {
  process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
} catch (error) {
  printFailure(interrupted.signal.aborted ? interrupted.signal.reason : error);
  process.exitCode = 1;
}
// A connection that lingers must not keep a bench that is done.
process.exit();
