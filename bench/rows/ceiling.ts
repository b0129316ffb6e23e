import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLog } from '../../platform/log.ts';
import { createPool } from '../../platform/postgres.ts';
import { isInstalled, runCommand } from '../../stack/commands.ts';
import { SetupFailure } from '../../stack/failure.ts';
import type { Ground } from '../ground.ts';
import { type Line, ms, perSecond } from '../lines.ts';
import type { Plan } from '../plan.ts';

const SCRIPT = fileURLToPath(new URL('ceiling.sql', import.meta.url));
const DEBIAN = '/usr/lib/postgresql';
const INSTALL = 'apt-get install postgresql-contrib';
const CLIENTS = 16;
const MARGIN_MS = 60_000;

/**
 * Row h, the ceiling: pgbench makes transfers that are nothing but one statement (two balances, two entries, a check),
 * over 1,000 accounts, in a database of its own on the same Postgres.
 */
export async function ceiling(ground: Ground, plan: Plan): Promise<Line[]> {
  const pgbench = await findPgbench();
  const url = new URL(ground.env.DATABASE_URL);
  url.pathname = '/ceiling';
  await ground.pool.query('create database ceiling');
  try {
    await createTables(url.href);
    const seconds = Math.ceil(plan.windowMs / 1_000);
    // Two that pay each other at once may deadlock: one of them tries again.
    const how = ['-n', '-M', 'prepared', '-c', String(CLIENTS), '-j', '2', '--max-tries', '10'];
    const args = [...how, '-T', String(seconds), '-f', SCRIPT, url.href];
    const bounds = { timeoutMs: plan.windowMs + MARGIN_MS, signal: ground.signal };
    const { stdout } = await runCommand(pgbench, args, INSTALL, bounds);
    const what = `pgbench, one statement a transfer, ${CLIENTS} clients`;
    const figures = [
      perSecond('', read(stdout, /^tps = ([\d.]+)/m)),
      ms('mean', read(stdout, /^latency average = ([\d.]+) ms/m)),
    ];
    return [{ id: 'h', what, figures }];
  } finally {
    await ground.pool.query('drop database if exists ceiling with (force)');
  }
}

/** On the PATH, or where Debian has it. @throws SetupFailure where it is in neither */
async function findPgbench(): Promise<string> {
  const versions = await readdir(DEBIAN).catch(() => []);
  const places = versions.toSorted().toReversed();
  for (const command of ['pgbench', ...places.map((version) => join(DEBIAN, version, 'bin', 'pgbench'))])
    if (await isInstalled(command, ['--version'])) return command;
  throw new SetupFailure(`\`pgbench\` is missing: ${INSTALL}.`);
}

async function createTables(url: string): Promise<void> {
  const pool = createPool({ url, max: 1, name: 'bench', log: createLog({ level: 'error', role: 'bench' }) });
  try {
    await pool.query(`
      create table accounts (id int primary key, balance bigint not null check (balance >= 0));
      create table entries (id bigint generated always as identity primary key,
        account_id int not null, amount bigint not null, at timestamptz not null default now());
      insert into accounts select id, 1000000000 from generate_series(1, 1000) as id`);
  } finally {
    await pool.end();
  }
}

function read(stdout: string, pattern: RegExp): number {
  const found = pattern.exec(stdout)?.[1];
  if (found === undefined) throw new Error(`pgbench did not tell ${pattern}:\n${stdout}`);
  return Number(found);
}
