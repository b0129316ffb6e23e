import { launch, type Running, tail } from './processes.ts';
import type { Supervised } from './supervise.ts';

/** Above what main.ts gives itself: SHUTDOWN_GRACE_MS (10 s) for each role and once more for the rest. */
const STOP_GRACE_MS = 45_000;

/** A child that runs main.ts in some roles. */
export type RemitProcess = Supervised & { stop(): Promise<void> };

/** One `main.ts` in some roles, with its log in `<dir>/<name>.log`. `env` is the whole environment it gets. */
export function createRemit(name: string, roles: string, dir: string, env: NodeJS.ProcessEnv): RemitProcess {
  let running: Running | undefined;
  const options = { name, command: process.execPath, args: ['--import', 'tsx', 'main.ts'], dir };
  return {
    name,
    async start() {
      running = await launch({ ...options, env: { ...env, ROLES: roles } });
    },
    ended: async () => running?.ended,
    explain: async () => (running ? `${running.logFile} says:\n${await tail(running.logFile)}` : ''),
    async stop() {
      await running?.end('SIGTERM', STOP_GRACE_MS);
      running = undefined;
    },
  };
}
