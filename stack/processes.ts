import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SetupFailure } from './failure.ts';
import { endProcess, identify, isAlive, type ProcessIdentity } from './identity.ts';

const MAX_LOG_BYTES = 20 * 1024 * 1024;
const TAIL_LINES = 15;
/** How long a leftover of a killed launcher may take to end by itself. */
const LEFTOVER_GRACE_MS = 15_000;

/** A process we started, as others may see it. */
export type Running = {
  readonly pid: number;
  readonly logFile: string;
  /** Settles when the process ends; never throws. */
  readonly ended: Promise<void>;
  /** Throws a SetupFailure with the end of its log when it has ended; a wait for it to be ready calls this. */
  requireAlive(): Promise<void>;
  /** Asks with `signal`, waits `graceMs`, then kills. */
  end(signal: NodeJS.Signals, graceMs: number): Promise<void>;
};

export type LaunchOptions = {
  name: string;
  command: string;
  args: string[];
  /** The stack's data folder: holds `<name>.log` and `run/<name>.json`. */
  dir: string;
  env?: NodeJS.ProcessEnv;
};

/**
 * Starts a long-running process in a group of its own, so that Ctrl-C in the terminal reaches only the
 * launcher, which then ends everything in order. Its identity is recorded for a start after a killed launcher.
 */
export async function launch({ name, command, args, dir, env }: LaunchOptions): Promise<Running> {
  const logFile = join(dir, `${name}.log`);
  const log = await openLog(logFile);
  const child = spawn(command, args, { detached: true, stdio: ['ignore', log.fd, log.fd], env });
  const ended = once(child, 'exit').then(
    () => undefined,
    () => undefined,
  );
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new SetupFailure(`${name} cannot be started: \`${command}\` is missing or cannot run.`, { cause });
  } finally {
    await log.close();
  }
  const identity = await record(dir, name, child.pid!);
  return running(name, identity, logFile, ended, () => forget(dir, name));
}

function running(
  name: string,
  identity: ProcessIdentity,
  logFile: string,
  ended: Promise<void>,
  forget: () => Promise<void>,
) {
  return {
    pid: identity.pid,
    logFile,
    ended,
    async requireAlive() {
      if (await isAlive(identity)) return;
      throw new SetupFailure(`${name} ended while it started; ${logFile} says:\n${await tail(logFile)}`);
    },
    async end(signal: NodeJS.Signals, graceMs: number) {
      await endProcess(identity, signal, graceMs);
      await forget();
    },
  };
}

async function openLog(file: string) {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  );
  return open(file, size > MAX_LOG_BYTES ? 'w' : 'a');
}

/** The last lines of a log file, for a message about a process that ended. */
export async function tail(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
}

/** Writes down who runs under a name, whole or not at all. */
export async function record(dir: string, name: string, pid: number): Promise<ProcessIdentity> {
  // A process that ended already has no start time; the empty one matches nobody.
  const identity = (await identify(pid)) ?? { pid, startedAt: '' };
  await mkdir(join(dir, 'run'), { recursive: true });
  const file = recordFile(dir, name);
  await writeFile(`${file}.tmp`, JSON.stringify(identity));
  await rename(`${file}.tmp`, file);
  return identity;
}

/** The process recorded under a name if it still runs, and is not another with the same number. */
export async function recorded(dir: string, name: string): Promise<ProcessIdentity | undefined> {
  const text = await readFile(recordFile(dir, name), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const identity = JSON.parse(text) as ProcessIdentity;
  return (await isAlive(identity)) ? identity : undefined;
}

/** Forgets who ran under a name. */
export async function forget(dir: string, name: string): Promise<void> {
  await rm(recordFile(dir, name), { force: true });
}

/** Ends exactly the processes that a killed launcher left behind: Remit's own first, then the parts; never us. */
export async function endLeftovers(dir: string): Promise<void> {
  const files = await readdir(join(dir, 'run')).catch(() => []);
  const names = files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length));
  for (const name of names.sort(byOrderOfEnding)) {
    const identity = await recorded(dir, name);
    // Postgres takes SIGINT as "end now, in order" and SIGTERM as "wait for every client".
    const signal = name === 'postgres' ? 'SIGINT' : 'SIGTERM';
    if (identity?.pid === process.pid) continue;
    if (identity) await endProcess(identity, signal, LEFTOVER_GRACE_MS);
    await forget(dir, name);
  }
}

const ENDS_LAST = ['temporal', 'kafka', 'postgres'];

function byOrderOfEnding(a: string, b: string): number {
  return ENDS_LAST.indexOf(a) - ENDS_LAST.indexOf(b);
}

function recordFile(dir: string, name: string): string {
  return join(dir, 'run', `${name}.json`);
}
