import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const POLL_MS = 50;
/** How long a process may take to vanish after SIGKILL; more means that it hangs in the kernel. */
const KILL_TIMEOUT_MS = 5_000;

/** A process, and not another one that got the same number later. */
export type ProcessIdentity = { pid: number; startedAt: string };

/** Reads who runs under a process number now; undefined when nobody does (a zombie counts as nobody). */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const startedAt = process.platform === 'linux' ? await startTicks(pid) : await startTime(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

async function startTicks(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field is the command in brackets and may hold anything, so count from the last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

async function startTime(pid: number): Promise<string | undefined> {
  const { stdout } = await run('ps', ['-o', 'state=,lstart=', '-p', String(pid)]).catch(() => ({
    stdout: '',
  }));
  const [state, ...started] = stdout.trim().split(/\s+/);
  return !state || state.startsWith('Z') ? undefined : started.join(' ');
}

/** The command line of a process as one text; empty when it is gone. */
export async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ');
  }
  const { stdout } = await run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout;
}

/** True while exactly this process runs; false when its number now belongs to another. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identify(identity.pid))?.startedAt === identity.startedAt;
}

/**
 * Ends exactly this process: asks with `signal`, waits `graceMs`, then kills. Never touches another process.
 * @throws Error when it outlives SIGKILL by 5 s.
 */
export async function endProcess(identity: ProcessIdentity, signal: NodeJS.Signals, graceMs: number) {
  if (await endsBy(identity, signal, graceMs)) return;
  if (await endsBy(identity, 'SIGKILL', KILL_TIMEOUT_MS)) return;
  throw new Error(`Process ${identity.pid} did not end within ${KILL_TIMEOUT_MS} ms of SIGKILL`);
}

async function endsBy(
  identity: ProcessIdentity,
  signal: NodeJS.Signals,
  timeoutMs: number,
): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  if (await isAlive(identity)) signalIfThere(identity.pid, signal);
  while (await isAlive(identity)) {
    if (Date.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended between the look and the signal, which is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
