import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLog } from '../platform/log.ts';
import { createPool } from '../platform/postgres.ts';
import { isInstalled, runCommand } from '../stack/commands.ts';
import { SetupFailure } from '../stack/failure.ts';
import type { Ground } from './ground.ts';
import { type Line, median, ms, perSecond } from './lines.ts';
import type { Plan } from './plan.ts';

const SCRIPT = fileURLToPath(new URL('ceiling.sql', import.meta.url));
const DEBIAN = '/usr/lib/postgresql';
const INSTALL = 'apt-get install postgresql-contrib';
const CLIENTS = 16;
const MARGIN_MS = 60_000;

/** What one window came to: transfers a second, and the mean time of one. */
export type Window = { readonly rate: number; readonly meanMs: number };

/**
 * Row h: pgbench makes transfers that are nothing but one statement (two balances, two entries, a check), over 1,000
 * accounts, in a database of its own on the same Postgres. It runs in turn with what is compared with it, for the
 * speed of a machine that others use too moves within minutes.
 */
export type Ceiling = {
  /** One window of it. */
  measure(): Promise<Window>;
};

/** Makes its database, which goes with the ground. @throws SetupFailure where there is no pgbench */
export async function createCeiling({ env, pool, signal }: Ground, { windowMs }: Plan): Promise<Ceiling> {
  const pgbench = await findPgbench();
  const url = new URL(env.DATABASE_URL);
  url.pathname = '/ceiling';
  await pool.query('create database ceiling');
  await createTables(url.href);
  // Two that pay each other at once may deadlock: one of them tries again.
  const how = ['-n', '-M', 'prepared', '-c', String(CLIENTS), '-j', '2', '--max-tries', '10'];
  const args = [...how, '-T', String(Math.ceil(windowMs / 1_000)), '-f', SCRIPT, url.href];
  return {
    async measure() {
      const { stdout } = await runCommand(pgbench, args, INSTALL, {
        timeoutMs: windowMs + MARGIN_MS,
        signal,
      });
      return {
        rate: read(stdout, /^tps = ([\d.]+)/m),
        meanMs: read(stdout, /^latency average = ([\d.]+) ms/m),
      };
    },
  };
}

/** The middle one of several windows. */
export function lineOfCeiling(id: string, beside: string, windows: readonly Window[]): Line {
  const figures = [
    perSecond('', median(windows.map(({ rate }) => rate))),
    ms('mean', median(windows.map(({ meanMs }) => meanMs))),
  ];
  return {
    id,
    what: `pgbench, one statement a transfer, ${CLIENTS} clients, in turn with ${beside}`,
    figures,
  };
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
