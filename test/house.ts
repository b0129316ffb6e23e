import { NativeConnection } from '@temporalio/worker';
import { v7 as uuidv7 } from 'uuid';
import { inject } from 'vitest';
import { deliveryPolicy } from '../activities/deps.ts';
import { createActivities } from '../activities/index.ts';
import { createSyncStandingOrder } from '../activities/sync-standing-order.ts';
import { createWorkers } from '../activities/worker.ts';
import { type App, createApp } from '../api/app.ts';
import { createAnnouncements } from '../dispatch/announcements.ts';
import { createDispatcher } from '../dispatch/create-dispatcher.ts';
import { runReconciler } from '../dispatch/reconciler.ts';
import { runStandingOrderReconciler } from '../dispatch/standing-order-reconciler.ts';
import type { WorkflowStart } from '../dispatch/start-workflow.ts';
import { runSweeper } from '../dispatch/sweeper.ts';
import { createTransferCommands } from '../dispatch/transfer-commands.ts';
import { feePolicy, transferPolicy } from '../domain/policy.ts';
import { loadConfig } from '../platform/config.ts';
import { createKafka, type Kafka } from '../platform/kafka.ts';
import { createPool, type Pool } from '../platform/postgres.ts';
import { createSchedules } from '../platform/schedules.ts';
import { createTemporalClient, type TemporalClient } from '../platform/temporal.ts';
import { createProjector } from '../projector/projector.ts';
import { createTestDatabase } from './database.ts';
import { log, now } from './lab.ts';
import { recorded } from './proofs/record.ts';

/** API, worker and projector over real parts, in this process, on a database and a topic of their own. */
export type House = {
  app: App;
  pool: Pool;
  readPool: Pool;
  temporal: TemporalClient;
  kafka: Kafka;
  /** Where its events are. */
  topic: string;
  close(): Promise<void>;
};

/** `env` overrides single settings. */
export async function createHouse(env: Record<string, string> = {}): Promise<House> {
  const stack = inject('stack');
  const database = await createTestDatabase(stack);
  const name = `house-${uuidv7().slice(-10)}`;
  const config = loadConfig({
    ...stack,
    DATABASE_URL: database.url,
    READ_DATABASE_URL: database.url,
    TEMPORAL_TASK_QUEUE: name,
    KAFKA_TOPIC: name,
    KAFKA_DEAD_LETTER_TOPIC: `${name}-dead`,
    KAFKA_GROUP: name,
    // The machine may be slow: what the tests wait for is bounded by their own time-outs.
    COMMAND_WAIT_MS: '20000',
    READ_WAIT_MS: '20000',
    SHUTDOWN_GRACE_MS: '1000',
    // Receivers of webhooks listen on this machine.
    WEBHOOK_ALLOW_PRIVATE: 'true',
    ...env,
  });
  const pool = createPool({ url: config.DATABASE_URL, max: 10, name: 'house', log });
  const readPool = createPool({ url: config.READ_DATABASE_URL, max: 10, name: 'house-read', log });
  const connection = await NativeConnection.connect({ address: config.TEMPORAL_ADDRESS });
  const client = createTemporalClient(connection, config.TEMPORAL_NAMESPACE);
  const newId = () => uuidv7();
  const announcements = createAnnouncements();
  const start: WorkflowStart = {
    temporal: () => ({ client, eager: true }),
    taskQueue: config.TEMPORAL_TASK_QUEUE,
    sagaDeadlineMs: config.SAGA_DEADLINE_MS,
    log,
  };
  const source = { now, newId, sweepAfterMs: config.SWEEP_AFTER_MS, fees: feePolicy(config) };
  const schedules = createSchedules(() => client, config.TEMPORAL_TASK_QUEUE);
  const workers = await createWorkers({
    connection,
    config,
    log,
    activities: createActivities({
      announce: announcements.announce,
      pool,
      log,
      now,
      policy: transferPolicy(config),
      sagaDeadlineMs: config.SAGA_DEADLINE_MS,
      webhooks: deliveryPolicy(config),
      transfers: createTransferCommands(source, start),
      schedules,
    }),
  });
  const running = workers.run();
  const kafka = createKafka({ brokers: config.KAFKA_BROKERS, clientId: name, log });
  const projector = createProjector({ config, log, pool, readPool, kafka });
  projector.failed.catch(() => undefined);
  projector.start();
  const dispatcher = createDispatcher({
    pool,
    log,
    source,
    start,
    announcements,
    grouping: config.TRANSFER_GROUPING,
  });
  const stopping = new AbortController();
  const sync = createSyncStandingOrder({ pool, now, schedules });
  const loops = Promise.all([
    runSweeper({ pool, log, start, intervalMs: 200 }, stopping.signal),
    runReconciler({ pool, log, start, intervalMs: 200 }, stopping.signal),
    runStandingOrderReconciler({ pool, log, start, intervalMs: 200, sync }, stopping.signal),
  ]);
  const app = createApp({
    pool,
    readPool,
    dispatcher,
    health: {},
    config,
    log,
    now,
    newId,
    isDraining: () => false,
  });
  return {
    app: recorded(app),
    pool,
    readPool,
    temporal: client,
    kafka,
    topic: config.KAFKA_TOPIC,
    async close() {
      stopping.abort();
      await loops;
      await projector.stop();
      workers.shutdown();
      await running;
      await connection.close();
      await Promise.all([pool.end(), readPool.end()]);
      await database.drop();
    },
  };
}
