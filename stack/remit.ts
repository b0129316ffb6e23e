import { loadConfig, shutdownBoundMs } from '../platform/config.ts';
import { SetupFailure } from './failure.ts';
import { launch, type Running, tail } from './processes.ts';
import type { Supervised } from './supervise.ts';

/** Beyond what main.ts gives itself, so that it is the one to say which part hangs. */
const MARGIN_MS = 5_000;

/** What Node is told of every process of Remit. */
export const NODE_FLAGS = ['--import', 'tsx', '--import', './activities/workflow-thread.mjs'];

/** A child that runs main.ts in some roles. */
export type RemitProcess = Supervised & { stop(): Promise<void> };

/**
 * One `main.ts` in some roles, with its log in `<dir>/<name>.log`. `env` is the whole environment it gets.
 * @throws SetupFailure where that is no configuration of Remit.
 */
export function createRemit(name: string, roles: string, dir: string, env: NodeJS.ProcessEnv): RemitProcess {
  let running: Running | undefined;
  const stopGraceMs = boundMs({ ...env, ROLES: roles }) + MARGIN_MS;
  const options = { name, command: process.execPath, args: [...NODE_FLAGS, 'main.ts'], dir };
  return {
    name,
    async start() {
      running = await launch({ ...options, env: { ...env, ROLES: roles } });
    },
    ended: async () => running?.ended,
    explain: async () => (running ? `${running.logFile} says:\n${await tail(running.logFile)}` : ''),
    async stop() {
      await running?.end('SIGTERM', stopGraceMs);
      running = undefined;
    },
  };
}

/** As main.ts reads it from the same environment. */
function boundMs(env: NodeJS.ProcessEnv): number {
  try {
    return shutdownBoundMs(loadConfig(env));
  } catch (cause) {
    throw new SetupFailure(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
