import { setTimeout as sleep } from 'node:timers/promises';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { v7 as uuidv7 } from 'uuid';
import { deliveryPolicy } from './activities/deps.ts';
import { followVersion } from './activities/follow-version.ts';
import { type Activities, createActivities } from './activities/index.ts';
import { keepWorking } from './activities/keep-working.ts';
import { createSyncStandingOrder } from './activities/sync-standing-order.ts';
import { createWorkers } from './activities/worker.ts';
import { createApp } from './api/app.ts';
import { serveApp } from './api/server.ts';
import { type Announcements, createAnnouncements } from './dispatch/announcements.ts';
import { createDispatcher } from './dispatch/create-dispatcher.ts';
import type { CommandSource } from './dispatch/new-command.ts';
import { runReconciler } from './dispatch/reconciler.ts';
import { runStandingOrderReconciler } from './dispatch/standing-order-reconciler.ts';
import type { TemporalAccess, WorkflowStart } from './dispatch/start-workflow.ts';
import { runSweeper } from './dispatch/sweeper.ts';
import { createTransferCommands } from './dispatch/transfer-commands.ts';
import { feePolicy, transferPolicy } from './domain/policy.ts';
import { type Config, loadConfig, shutdownBoundMs } from './platform/config.ts';
import { checkKafka, createKafka, projectorClientId } from './platform/kafka.ts';
import { createLog, type Logger } from './platform/log.ts';
import { createPool, isOutage, type Pool } from './platform/postgres.ts';
import { createSchedules, type Schedules } from './platform/schedules.ts';
import { checkTemporal, createTemporalClient, lazyConnection } from './platform/temporal.ts';
import { createProjector, type Projector } from './projector/projector.ts';
import { migrate } from './sql/migrate.ts';

/** How long a process waits before it looks again for what it cannot start without. */
const RECONNECT_MS = 1_000;

/** A projector without progress for this long is hung; a failing loop gives up before, after five minutes. */
const STALL_LIMIT_MS = 360_000;
const WATCH_EVERY_MS = 5_000;

const now = () => new Date();
const newId = () => uuidv7();

/** A part of this process: how it ends in order, and a promise that rejects when it has failed for good. */
type Role = { readonly name: string; stop(): Promise<unknown>; failed: Promise<never> };

type House = {
  config: Config;
  log: Logger;
  pool: Pool;
  readPool: Pool;
  start: WorkflowStart;
  /** The worker's connection takes the place of the API's own once there is one. */
  useTemporal(access: TemporalAccess): void;
  /** From the worker to the API beside it. */
  announcements: Announcements;
  /** Another index of workflows than the shipped one. */
  workflowsPath: string | undefined;
  stopping: AbortController;
};

/**
 * Composes the roles that `ROLES` names and runs them until a signal comes or one has failed for good.
 * `workflowsPath` is another folder's index of workflows than the shipped one.
 */
export async function run(options: { workflowsPath?: string } = {}): Promise<void> {
  const config = loadConfig(process.env);
  const log = createLog({ level: config.LOG_LEVEL, role: config.ROLES.join('+') });
  installTemporalRuntime(log);
  await migrateOnceThere(config, log);
  const house = furnish(config, log, options.workflowsPath);
  const toldToStop = told();
  const roles = await startRoles(house);
  log.info({ roles: config.ROLES }, 'started');
  const why = await Promise.race([toldToStop, ...roles.map(({ failed }) => failed)]).catch(
    (error: unknown) => {
      log.fatal({ err: error }, 'a part has failed for good, stopping');
      process.exitCode = 1;
      return 'failure';
    },
  );
  log.info({ why }, 'stopping');
  await close(house, roles);
}

/**
 * Looks for Postgres as long as the process runs: its outage may be longer than a supervisor's patience with a
 * process that keeps ending. Anything but an outage is thrown.
 */
async function migrateOnceThere(config: Config, log: Logger): Promise<void> {
  for (;;) {
    try {
      return await migrate(config.DATABASE_URL, config.READ_DATABASE_URL);
    } catch (error) {
      if (!isOutage(error)) throw error;
      log.warn({ err: error }, 'Postgres is not there yet, looking again');
      await sleep(RECONNECT_MS);
    }
  }
}

/** Our own order of stopping needs the SDK's signal handling off; its log lines join ours, errors as ours have them. */
function installTemporalRuntime(log: Logger): void {
  const logger = new DefaultLogger('INFO', ({ level, message, meta }) => {
    const { error: err, ...told } = { error: undefined, ...meta };
    const fields = err === undefined ? told : { ...told, err };
    if (level === 'ERROR') log.error(fields, message);
    else if (level === 'WARN') log.warn(fields, message);
    else log.debug(fields, message);
  });
  Runtime.install({ shutdownSignals: [], logger });
}

function furnish(config: Config, log: Logger, workflowsPath?: string): House {
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
    log,
  };
  const useTemporal = (next: TemporalAccess) => {
    access = next;
  };
  const announcements = createAnnouncements();
  const stopping = new AbortController();
  return { config, log, pool, readPool, start, useTemporal, announcements, workflowsPath, stopping };
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
  const hurry = new AbortController();
  const { TRANSFER_GROUPING: grouping } = config;
  const app = createApp({
    pool,
    readPool,
    dispatcher: createDispatcher({
      ...{ pool, log, start, grouping, announcements: house.announcements },
      ...{ source: commandSource(config), hurry: hurry.signal },
    }),
    health: { temporal: () => checkTemporal(start.temporal().client), kafka: () => checkKafka(kafka) },
    config,
    log,
    now,
    newId,
    isDraining: () => stopping.signal.aborted,
    hurry: hurry.signal,
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
    name: 'api',
    async stop() {
      // Whoever waits for longer than that is answered 202 before the connection would be cut.
      const late = setTimeout(() => hurry.abort(), config.SHUTDOWN_DRAIN_MS + config.SHUTDOWN_GRACE_MS / 2);
      await server.close(config.SHUTDOWN_GRACE_MS, config.SHUTDOWN_DRAIN_MS);
      clearTimeout(late);
      await loops;
    },
    failed: never(),
  };
}

function activitiesOf(house: House): Activities {
  const { config, log, pool, start, announcements } = house;
  return createActivities({
    announce: announcements.announce,
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
  const { config, log, stopping, start, useTemporal, workflowsPath } = house;
  const ownAccess = start.temporal();
  const working = keepWorking({
    address: config.TEMPORAL_ADDRESS,
    log,
    signal: stopping.signal,
    make: (connection) =>
      createWorkers({ connection, config, log: house.log, activities: activitiesOf(house), workflowsPath }),
    attend: (connection, over) => {
      const client = createTemporalClient(connection, config.TEMPORAL_NAMESPACE);
      const setCurrent = (isCurrent: boolean) => useTemporal({ client, eager: isCurrent });
      return followVersion({ client, config, log, setCurrent }, over);
    },
    letGo: () => useTemporal(ownAccess),
  });
  return {
    name: 'worker',
    async stop() {
      working.shutdown();
      await working.ended;
    },
    failed: failureOf(working.ended),
  };
}

function startProjector(house: House): Role {
  const { config, log, pool, readPool } = house;
  const kafka = createKafka({ brokers: config.KAFKA_BROKERS, clientId: projectorClientId(), log });
  const projector = createProjector({ config, log, pool, readPool, kafka });
  projector.start();
  const stalled = failureOf(watch(projector, house.stopping.signal));
  return {
    name: 'projector',
    stop: () => projector.stop(),
    failed: Promise.race([projector.failed, stalled]),
  };
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

/** Resolves with the name of the signal that tells the process to stop; more of them do not cut that short. */
async function told(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => resolve(signal));
  });
}

/** Readiness off, then each role in order, then the pools; a process that cannot end is ended. */
async function close(house: House, roles: readonly Role[]): Promise<void> {
  const { config, log } = house;
  const boundMs = shutdownBoundMs(config);
  setTimeout(() => {
    log.fatal({ boundMs }, 'a part hangs: ending without it');
    process.exit(1);
  }, boundMs);
  house.stopping.abort();
  for (const role of roles) {
    const part = role.name;
    try {
      await role.stop();
      log.info({ part }, 'stopped in order');
    } catch (error) {
      log.error({ err: error, part }, 'did not stop cleanly');
      process.exitCode = 1;
    }
  }
  await Promise.all([house.pool.end(), house.readPool.end()]);
  log.info({ part: 'pools' }, 'stopped in order');
  process.exit();
}

function failureOf(running: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => running.catch(reject));
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
