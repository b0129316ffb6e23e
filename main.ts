import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { v7 as uuidv7 } from 'uuid';
import { deliveryPolicy } from './activities/deps.ts';
import { type Activities, createActivities } from './activities/index.ts';
import { createSyncStandingOrder } from './activities/sync-standing-order.ts';
import { createWorkers, type Workers } from './activities/worker.ts';
import { createApp } from './api/app.ts';
import { serveApp } from './api/server.ts';
import { createDispatcher } from './dispatch/create-dispatcher.ts';
import type { CommandSource } from './dispatch/new-command.ts';
import { runReconciler } from './dispatch/reconciler.ts';
import { runStandingOrderReconciler } from './dispatch/standing-order-reconciler.ts';
import type { TemporalAccess, WorkflowStart } from './dispatch/start-workflow.ts';
import { runSweeper } from './dispatch/sweeper.ts';
import { createTransferCommands } from './dispatch/transfer-commands.ts';
import { feePolicy, transferPolicy } from './domain/policy.ts';
import { type Config, loadConfig } from './platform/config.ts';
import { checkKafka, createKafka, projectorClientId } from './platform/kafka.ts';
import { createLog, type Logger } from './platform/log.ts';
import { createPool, type Pool } from './platform/postgres.ts';
import { createSchedules, type Schedules } from './platform/schedules.ts';
import { checkTemporal, createTemporalClient, lazyConnection } from './platform/temporal.ts';
import { createProjector, type Projector } from './projector/projector.ts';
import { migrate } from './sql/migrate.ts';

/** How long the worker waits before it looks for Temporal again. */
const RECONNECT_MS = 1_000;

/** A projector without progress for this long is hung; a failing loop gives up before, after five minutes. */
const STALL_LIMIT_MS = 360_000;
const WATCH_EVERY_MS = 5_000;

const now = () => new Date();
const newId = () => uuidv7();

/** A part of this process: how it ends in order, and a promise that rejects when it has failed for good. */
type Role = { stop(): Promise<unknown>; failed: Promise<never> };

type House = {
  config: Config;
  log: Logger;
  pool: Pool;
  readPool: Pool;
  start: WorkflowStart;
  /** The worker's connection takes the place of the API's own once there is one. */
  useTemporal(access: TemporalAccess): void;
  stopping: AbortController;
};

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const log = createLog({ level: config.LOG_LEVEL, role: config.ROLES.join('+') });
  installTemporalRuntime(log);
  await migrate(config.DATABASE_URL, config.READ_DATABASE_URL);
  const house = furnish(config, log);
  const roles = await startRoles(house);
  log.info({ roles: config.ROLES }, 'started');
  const why = await Promise.race([told(), ...roles.map(({ failed }) => failed)]).catch((error: unknown) => {
    log.fatal({ err: error }, 'a part has failed for good, stopping');
    process.exitCode = 1;
    return 'failure';
  });
  log.info({ why }, 'stopping');
  await close(house, roles);
}

/** Our own order of stopping needs the SDK's signal handling off; its log lines join ours. */
function installTemporalRuntime(log: Logger): void {
  const logger = new DefaultLogger('INFO', ({ level, message, meta }) => {
    if (level === 'ERROR') log.error(meta ?? {}, message);
    else if (level === 'WARN') log.warn(meta ?? {}, message);
    else log.debug(meta ?? {}, message);
  });
  Runtime.install({ shutdownSignals: [], logger });
}

function furnish(config: Config, log: Logger): House {
  const pool = createPool({ url: config.DATABASE_URL, max: config.DATABASE_POOL_MAX, name: 'remit', log });
  const readPool = createPool({
    url: config.READ_DATABASE_URL,
    max: config.DATABASE_POOL_MAX,
    name: 'remit-read',
    log,
  });
  const client = createTemporalClient(lazyConnection(config.TEMPORAL_ADDRESS), config.TEMPORAL_NAMESPACE);
  let access: TemporalAccess = { client, eager: false };
  const start: WorkflowStart = {
    temporal: () => access,
    taskQueue: config.TEMPORAL_TASK_QUEUE,
    sagaDeadlineMs: config.SAGA_DEADLINE_MS,
  };
  const useTemporal = (next: TemporalAccess) => {
    access = next;
  };
  return { config, log, pool, readPool, start, useTemporal, stopping: new AbortController() };
}

/** In the order in which they stop: first what takes requests, last what follows the log. */
async function startRoles(house: House): Promise<Role[]> {
  const roles: Role[] = [];
  const wanted = new Set(house.config.ROLES);
  if (wanted.has('api')) roles.push(await startApi(house));
  if (wanted.has('worker')) roles.push(startWorker(house));
  if (wanted.has('projector')) roles.push(startProjector(house));
  return roles;
}

function commandSource(config: Config): CommandSource {
  return { now, newId, sweepAfterMs: config.SWEEP_AFTER_MS, fees: feePolicy(config) };
}

function schedulesOf({ start }: House): Schedules {
  return createSchedules(() => start.temporal().client, start.taskQueue);
}

async function startApi(house: House): Promise<Role> {
  const { config, log, pool, readPool, start, stopping } = house;
  const kafka = createKafka({ brokers: config.KAFKA_BROKERS, clientId: 'remit-api', log });
  const app = createApp({
    pool,
    readPool,
    dispatcher: createDispatcher({ pool, log, source: commandSource(config), start }),
    health: { temporal: () => checkTemporal(start.temporal().client), kafka: () => checkKafka(kafka) },
    config,
    log,
    now,
    newId,
    isDraining: () => stopping.signal.aborted,
  });
  const server = await serveApp(app, { host: config.HOST, port: config.PORT });
  log.info({ address: server.address }, 'the API listens');
  const loops = Promise.all([
    runSweeper({ pool, log, start, intervalMs: config.SWEEP_INTERVAL_MS }, stopping.signal),
    runReconciler({ pool, log, start, intervalMs: config.RECONCILE_INTERVAL_MS }, stopping.signal),
    runStandingOrderReconciler(
      {
        pool,
        log,
        start,
        intervalMs: config.RECONCILE_INTERVAL_MS,
        sync: createSyncStandingOrder({ pool, now, schedules: schedulesOf(house) }),
      },
      stopping.signal,
    ),
  ]);
  return {
    async stop() {
      await server.close(config.SHUTDOWN_GRACE_MS);
      await loops;
    },
    failed: never(),
  };
}

function activitiesOf(house: House): Activities {
  const { config, log, pool, start } = house;
  return createActivities({
    pool,
    log,
    now,
    policy: transferPolicy(config),
    sagaDeadlineMs: config.SAGA_DEADLINE_MS,
    webhooks: deliveryPolicy(config),
    transfers: createTransferCommands(commandSource(config), start),
    schedules: schedulesOf(house),
  });
}

function startWorker(house: House): Role {
  let workers: Workers | undefined;
  let connection: NativeConnection | undefined;
  const running = (async () => {
    connection = await connect(house);
    if (connection === undefined) return;
    const { config } = house;
    workers = await createWorkers({ connection, config, activities: activitiesOf(house) });
    const client = createTemporalClient(connection, config.TEMPORAL_NAMESPACE);
    house.useTemporal({ client, eager: true });
    const run = workers.run();
    // Told to stop while the worker was being made; only a worker that ran lets go of its connection.
    if (house.stopping.signal.aborted) workers.shutdown();
    await run;
  })();
  return {
    async stop() {
      workers?.shutdown();
      await running.catch(() => undefined);
      await connection?.close();
    },
    failed: failureOf(running),
  };
}

/** Looks for Temporal as long as the process runs: the API beside it answers 202 meanwhile. */
async function connect(house: House): Promise<NativeConnection | undefined> {
  const { config, log, stopping } = house;
  while (!stopping.signal.aborted) {
    try {
      return await NativeConnection.connect({ address: config.TEMPORAL_ADDRESS });
    } catch (error) {
      log.warn({ err: error }, 'Temporal is not there yet, the worker looks again');
      await sleep(RECONNECT_MS);
    }
  }
  return undefined;
}

function startProjector(house: House): Role {
  const { config, log, pool, readPool } = house;
  const kafka = createKafka({ brokers: config.KAFKA_BROKERS, clientId: projectorClientId(), log });
  const projector = createProjector({ config, log, pool, readPool, kafka });
  projector.start();
  const stalled = failureOf(watch(projector, house.stopping.signal));
  return { stop: () => projector.stop(), failed: Promise.race([projector.failed, stalled]) };
}

/** Health means progress: a loop that hangs raises no error, so that only its silence can be seen. */
async function watch(projector: Projector, signal: AbortSignal): Promise<void> {
  let healthyAt = Date.now();
  while (!signal.aborted) {
    await sleep(WATCH_EVERY_MS, undefined, { signal }).catch(() => undefined);
    const { ok, loops } = projector.health();
    if (ok) healthyAt = Date.now();
    if (Date.now() - healthyAt < STALL_LIMIT_MS) continue;
    throw new Error(`no progress for ${STALL_LIMIT_MS} ms: ${JSON.stringify(loops)}`);
  }
}

/** Resolves with the name of the signal that tells the process to stop. */
async function told(): Promise<string> {
  return Promise.race(['SIGTERM', 'SIGINT'].map((signal) => once(process, signal).then(() => signal)));
}

/** Readiness off, then each role in order, then the pools; a process that cannot end is ended. */
async function close(house: House, roles: readonly Role[]): Promise<void> {
  const limit = setTimeout(() => process.exit(1), (roles.length + 1) * house.config.SHUTDOWN_GRACE_MS);
  limit.unref();
  house.stopping.abort();
  for (const role of roles) {
    await role
      .stop()
      .catch((error: unknown) => house.log.error({ err: error }, 'a part did not stop cleanly'));
  }
  await Promise.all([house.pool.end(), house.readPool.end()]);
  house.log.info('stopped');
  process.exit();
}

function failureOf(running: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => running.catch(reject));
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

await main();
