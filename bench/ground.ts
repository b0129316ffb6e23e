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
/** Each role by itself, and two of those that share work. */
const SCALED_OUT = {
  api: 'api',
  'worker 1': 'worker',
  'worker 2': 'worker',
  'projector 1': 'projector',
  'projector 2': 'projector',
};
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
  /** Does work while every role has processes of its own, two of them the workers and the projectors. */
  scaledOut<T>(work: (ground: Ground) => Promise<T>): Promise<T>;
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
    await awaitPollers(stack.env.TEMPORAL_ADDRESS, TASK_QUEUE, 1);
    return createGround(folder.dir, stack, { fleet, pool, signal, close });
  } catch (error) {
    await close();
    throw error;
  }
}

type Outfit = Pick<Ground, 'pool' | 'signal' | 'close'> & { readonly fleet: OwnedFleet };

function createGround(dir: string, stack: Stack, { fleet, pool, signal, close }: Outfit): Ground {
  const ground: Ground = {
    ...{ dir, env: stack.env, api: fleet.url('api+worker'), pool, signal, close },
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
    async scaledOut(work) {
      for (const name of Object.keys(LAYOUT)) await fleet.stop(name);
      for (const [name, roles] of Object.entries(SCALED_OUT)) await fleet.add(name, roles);
      await awaitPollers(stack.env.TEMPORAL_ADDRESS, TASK_QUEUE, 2);
      const result = await work({ ...ground, api: fleet.url('api') });
      for (const name of Object.keys(SCALED_OUT)) await fleet.stop(name);
      for (const name of Object.keys(LAYOUT)) await fleet.start(name);
      await awaitPollers(stack.env.TEMPORAL_ADDRESS, TASK_QUEUE, 1);
      return result;
    },
    requireUnharmed() {
      const { count, failure } = fleet.ends();
      if (count > 0)
        throw new Error(`processes of Remit ended ${count} times by themselves: ${failure ?? dir}`);
    },
  };
  return ground;
}

async function stopAll(fleet: OwnedFleet): Promise<void> {
  for (const name of fleet.names()) await fleet.stop(name);
  await fleet.killAll();
}
