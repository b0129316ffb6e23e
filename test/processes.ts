import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../stack/ports.ts';
import { NODE_FLAGS } from '../stack/remit.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const READY_TIMEOUT_MS = 60_000;

/** One process in some roles, as an operator would run it. */
export type RemitChild = {
  /** Base address of its API; nothing listens there without the api role. */
  readonly url: string;
  readonly child: ChildProcess;
  /** SIGKILL: no chance to end anything in order. */
  kill(): Promise<void>;
  /** SIGTERM, and waits; returns the exit code. */
  stop(): Promise<number | null>;
};

export type RemitOptions = {
  /** A port of its own by default; one that is started again wants the one that it had. */
  readonly port?: number;
  /** Another entry than `main.ts`, relative to the checkout. */
  readonly entry?: string;
  /** Where its log is appended; by default there is none, unless TEST_LOG_LEVEL is set. */
  readonly logFile?: string;
};

/**
 * Starts real Remit processes for a test. `env` names the parts; each process gets a port of its own.
 * An API is waited for until it answers /healthz; other roles need no wait, for their work is queued.
 */
export async function startRemit(
  roles: string,
  env: Record<string, string>,
  options: RemitOptions = {},
): Promise<RemitChild> {
  const remit = await spawnRemit(roles, env, options);
  if (roles.includes('api'))
    await waitFor(`${roles} on ${remit.url}`, () => answers(`${remit.url}/healthz`), READY_TIMEOUT_MS);
  return remit;
}

/** The same without any wait. */
export async function spawnRemit(
  roles: string,
  env: Record<string, string>,
  options: RemitOptions,
): Promise<RemitChild> {
  const port = options.port ?? (await freePort());
  const log = options.logFile === undefined ? undefined : await open(options.logFile, 'a');
  const child = spawn(process.execPath, [...NODE_FLAGS, options.entry ?? 'main.ts'], {
    cwd: ROOT,
    env: { ...process.env, LOG_LEVEL: 'warn', ...env, ROLES: roles, PORT: String(port) },
    stdio: ['ignore', 'ignore', log?.fd ?? (process.env.TEST_LOG_LEVEL ? 'inherit' : 'ignore')],
  });
  const exited = once(child, 'exit');
  await log?.close();
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await exited;
    return child.exitCode;
  };
  const url = `http://127.0.0.1:${port}`;
  return { url, child, kill: async () => void (await end('SIGKILL')), stop: () => end('SIGTERM') };
}

/** True when something answers 2xx there. */
export async function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.ok;
    },
    () => false,
  );
}

/** Polls until `check` gives something true, and returns it. @throws Error that names `what` when time is up */
export async function waitFor<T>(
  what: string,
  check: () => Promise<T | false | undefined | null>,
  timeoutMs = 45_000,
  everyMs = 50,
): Promise<T> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (Date.now() > until) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await sleep(everyMs);
  }
}
