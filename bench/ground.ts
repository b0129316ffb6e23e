import { createLog } from '../platform/log.ts';
import { createPool, type Pool } from '../platform/postgres.ts';
import { SetupFailure } from '../stack/failure.ts';
import type { StackEnv } from '../stack/part.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { createFleet, type OwnedFleet } from '../test/faults/campaign/fleet.ts';
import { type Undoing, undo } from '../test/faults/campaign/ground.ts';
import { awaitPollers } from '../test/faults/campaign/pollers.ts';
import { freePorts, ownFolder } from '../test/own-folder.ts';
import type { Roots } from './cpu.ts';

/** As `npm start` has them: the API and the worker in one process, for eager start. */
const LAYOUT = { 'api+worker': 'api,worker', projector: 'projector' };
const TASK_QUEUE = 'remit';

/** The whole of Remit on parts of its own, as all rows of a run use it. */
export type Ground = {
  readonly dir: string;
  readonly env: StackEnv;
  /** Base address of the API. */
  readonly api: string;
  readonly pool: Pool;
  readonly signal: AbortSignal;
  /** The processes of the stack as they run now. */
  roots(): Roots;
  /** Ends the API and the worker and starts them again, grouping transfers so; the API answers, the worker soon. */
  regroup(grouping: 'never' | 'adaptive'): Promise<void>;
  /** Does work while there is no projector: what is committed meanwhile waits for the next one. */
  withoutProjector(work: () => Promise<void>): Promise<void>;
  /** @throws where a process of Remit ended by itself during the run */
  requireUnharmed(): void;
  close(): Promise<void>;
};

/** Starts it in a temporary folder, which goes when it is closed; that of a killed run goes here. */
export async function startGround(signal: AbortSignal): Promise<Ground> {
  if (process.platform !== 'linux')
    throw new SetupFailure('The bench reads processor time from /proc: run it on Linux.');
  const folder = await ownFolder('remit-bench-');
  const undoing: Undoing = [folder.remove];
  const close = () => undo(undoing);
  try {
    const stack = await startStack({ dir: folder.dir, ports: await freePorts(), env: {}, signal });
    undoing.push(stack.down);
    const fleet = createFleet(folder.dir, { ...stack.env, TEMPORAL_TASK_QUEUE: TASK_QUEUE }, LAYOUT);
    undoing.push(() => stopAll(fleet));
    await fleet.startAll();
    const log = createLog({ level: 'error', role: 'bench' });
    const pool = createPool({ url: stack.env.DATABASE_URL, max: 4, name: 'bench', log });
    undoing.push(() => pool.end());
    const ground = createGround(folder.dir, stack, fleet, pool, signal);
    await awaitPollers(stack.env.TEMPORAL_ADDRESS, TASK_QUEUE, 1);
    return { ...ground, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function createGround(
  dir: string,
  stack: Stack,
  fleet: OwnedFleet,
  pool: Pool,
  signal: AbortSignal,
): Omit<Ground, 'close'> {
  return {
    ...{ dir, env: stack.env, api: fleet.url('api+worker'), pool, signal },
    roots() {
      const parts = stack.parts.flatMap((part) => {
        const pid = part.pid();
        return pid === undefined ? [] : [[part.name, pid] as const];
      });
      return Object.fromEntries([...fleet.names().map((name) => [name, fleet.pid(name)] as const), ...parts]);
    },
    async regroup(grouping) {
      await fleet.stop('api+worker');
      await fleet.start('api+worker', { env: { TRANSFER_GROUPING: grouping } });
    },
    async withoutProjector(work) {
      await fleet.stop('projector');
      await work();
      await fleet.start('projector');
    },
    requireUnharmed() {
      const { count, failure } = fleet.ends();
      if (count > 0)
        throw new Error(`processes of Remit ended ${count} times by themselves: ${failure ?? dir}`);
    },
  };
}

async function stopAll(fleet: OwnedFleet): Promise<void> {
  for (const name of fleet.names()) await fleet.stop(name);
  await fleet.killAll();
}
