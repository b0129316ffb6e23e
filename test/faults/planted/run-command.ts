import { spawn } from 'node:child_process';

export type Ended = {
  readonly code: number | null;
  /** It did not come to an end in time, and was killed. */
  readonly hung: boolean;
  /** What it printed, at most the last of it. */
  readonly output: string;
};

/** Of what a command prints, the end is kept. */
const KEPT_CHARACTERS = 20_000;

/** Runs a Node program in a group of its own, so that all that it started can be ended with it when time is up. */
export function runNode(
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
    /** What it prints when nothing is left to learn: then it is ended. */
    readonly enough?: RegExp;
  },
): Promise<Ended> {
  const { cwd, timeoutMs, signal } = options;
  const env = { ...process.env, ...options.env };
  const child = spawn(process.execPath, args, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let hung = false;
  const keep = (text: Buffer) => {
    output = (output + text).slice(-KEPT_CHARACTERS);
    if (options.enough?.test(output)) endGroup(child.pid);
  };
  const kill = () => endGroup(child.pid);
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const timer = setTimeout(() => {
    hung = true;
    kill();
  }, timeoutMs);
  signal.addEventListener('abort', kill, { once: true });
  return new Promise<Ended>((done, failed) => {
    child.once('error', failed);
    child.once('close', (code) => done({ code, hung, output }));
  }).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', kill);
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // It ended by itself between the look and the signal, which is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
