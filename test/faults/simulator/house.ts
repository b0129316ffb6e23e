import { type Activities, createActivities as activitiesOf } from '../../../activities/index.ts';
import { createAnnouncements } from '../../../dispatch/announcements.ts';
import { createDispatcher } from '../../../dispatch/create-dispatcher.ts';
import type { Dispatcher } from '../../../dispatch/dispatcher.ts';
import type { CommandSource } from '../../../dispatch/new-command.ts';
import { runReconciler } from '../../../dispatch/reconciler.ts';
import type { WorkflowStart } from '../../../dispatch/start-workflow.ts';
import { runSweeper } from '../../../dispatch/sweeper.ts';
import { createTransferCommands } from '../../../dispatch/transfer-commands.ts';
import type { Tenant } from '../../../domain/ids.ts';
import { createLog } from '../../../platform/log.ts';
import type { TemporalClient } from '../../../platform/temporal.ts';
import { createConsumer } from '../../../projector/consumer.ts';
import { createRelay } from '../../../projector/relay.ts';
import { createSequencer } from '../../../projector/sequencer.ts';
import { supervise } from '../../../projector/supervise.ts';
import { type Attempts, createAttempts } from './attempts.ts';
import { type Broker, createBroker, PARTITIONS } from './broker.ts';
import type { Chance } from './chance.ts';
import type { Faults } from './faults.ts';
import type { Parts } from './parts.ts';
import { createFaultyPool, type FaultyPool } from './pools.ts';
import { createServer, type Server } from './server.ts';
import type { Process, World } from './world.ts';

export const TENANT = 'simulated' as Tenant;
/** Shorter than the default, so that a run that passes it is short. */
export const DEADLINE_MS = 15_000;

/** Everything shipped, composed as `main.ts` does, over simulated parts. */
export type House = {
  /** Those of a worker of its own, for an attempt that may die by itself: it shares nothing in memory with another. */
  readonly createActivities: () => Activities;
  readonly store: FaultyPool;
  readonly read: FaultyPool;
  readonly server: Server;
  readonly attempts: Attempts;
  readonly broker: Broker;
  /** An API; the ids that it draws begin with `name`. */
  dispatcher(name: string): Dispatcher;
  /** One pass of the sweeper and one of the reconciler. */
  pass(name: string): Promise<void>;
  /** Starts a projector; one that only stands by has no consumer. */
  project(name: string, consumes: boolean): Process;
};

export type Run = { readonly world: World; readonly chance: Chance; readonly faults: Faults };

const log = createLog({ level: process.env.SIMULATOR_LOG_LEVEL ?? 'silent', role: 'simulator' });

export function createHouse(parts: Parts, run: Run): House {
  const { world } = run;
  const store = createFaultyPool('store', parts.store, run);
  const read = createFaultyPool('read', parts.read, run);
  const broker = createBroker(run);
  const transfers = createTransferCommands(sourceOf(world, 'standing'), { sagaDeadlineMs: DEADLINE_MS });
  const createActivities = () =>
    activitiesOf({
      pool: store.pool,
      log,
      now: world.date,
      policy: { approvalThresholds: new Map(), approvalTimeoutMs: 60_000 },
      sagaDeadlineMs: DEADLINE_MS,
      webhooks: { allowPrivate: false, maxAttempts: 1 },
      transfers,
      schedules: { ensure: async () => undefined, remove: async () => undefined },
    });
  const attempts = createAttempts({ ...run, createActivities, deadlineMs: DEADLINE_MS });
  const server = createServer({ ...run, sandbox: parts.sandbox, attempts });
  const startOver = (client: TemporalClient): WorkflowStart => ({
    temporal: () => ({ client, eager: false }),
    taskQueue: 'simulated',
    sagaDeadlineMs: DEADLINE_MS,
    log,
  });
  const start = startOver(clientOf(server, () => undefined));
  return {
    createActivities,
    store,
    read,
    server,
    attempts,
    broker,
    dispatcher: (name) =>
      createDispatcher({
        ...{ pool: store.pool, log, source: sourceOf(world, name), start },
        ...{ announcements: createAnnouncements(), grouping: 'adaptive' },
      }),
    async pass(name) {
      const process = { name, alive: true };
      for (const [part, loop] of [
        ['sweep', runSweeper],
        ['reconcile', runReconciler],
      ] as const) {
        await world.task({ key: `${part}/${name}`, process }, () => onePass(server, startOver, store, loop));
      }
    },
    project(name, consumes) {
      const process = { name, alive: true };
      const topics = { topic: 'events', deadLetterTopic: 'dead-letters', partitions: PARTITIONS };
      const common = {
        pool: store.pool,
        readPool: read.pool,
        kafka: broker.kafka,
        topics,
        ensureTopics: async () => undefined,
      };
      const loops = {
        sequencer: createSequencer({ pool: store.pool, partitions: PARTITIONS }),
        relay: createRelay(common),
        ...(consumes ? { consumer: createConsumer({ ...common, groupId: 'projector' }) } : {}),
      };
      for (const [kind, loop] of Object.entries(loops)) {
        const signal = new AbortController().signal;
        void world.task({ key: `${kind}/${name}`, process, dozes: true }, () =>
          supervise({ name: kind, loop, log, signal, beat: () => undefined }),
        );
      }
      return process;
    },
  };
}

/** The loop's second pass finds that it is to end. */
async function onePass(
  server: Server,
  startOver: (client: TemporalClient) => WorkflowStart,
  { pool }: FaultyPool,
  loop: typeof runSweeper,
): Promise<void> {
  const over = new AbortController();
  let looks = 0;
  const client = clientOf(server, () => {
    looks += 1;
    if (looks > 1) over.abort();
  });
  await loop({ pool, log, start: startOver(client), intervalMs: 1 }, over.signal);
}

/** The part of Temporal's client that the shipped code uses. */
function clientOf(server: Server, onLook: () => void): TemporalClient {
  const client = {
    options: { namespace: 'simulated' },
    connection: { withDeadline: <T>(_: number, call: () => Promise<T>) => call() },
    workflowService: {
      async describeNamespace() {
        onLook();
        if (server.isAway()) throw new Error('Temporal is away');
      },
    },
    workflow: { start: server.start, signalWithStart: server.signalWithStart },
  };
  return client as unknown as TemporalClient;
}

function sourceOf(world: World, name: string): CommandSource {
  let ids = 0;
  return {
    now: world.date,
    newId: () => `${name}-${(ids++).toString(36)}`,
    sweepAfterMs: 3_000,
    fees: { flatMinor: new Map(), perMille: 0n },
  };
}
