import { NativeConnection } from '@temporalio/worker';
import { v7 as uuidv7 } from 'uuid';
import { deliveryPolicy } from '../activities/deps.ts';
import { type Activities, createActivities } from '../activities/index.ts';
import { createWorkers, type Workers } from '../activities/worker.ts';
import { createAnnouncements } from '../dispatch/announcements.ts';
import { createDispatcher } from '../dispatch/create-dispatcher.ts';
import type { CommandRequest, Dispatched, DispatchOptions } from '../dispatch/dispatcher.ts';
import { newCommand } from '../dispatch/new-command.ts';
import { runReconciler } from '../dispatch/reconciler.ts';
import type { WorkflowStart } from '../dispatch/start-workflow.ts';
import { createTransferCommands } from '../dispatch/transfer-commands.ts';
import type { LimitChanges } from '../domain/account.ts';
import type { AccountId, HoldId, Tenant, TransferId } from '../domain/ids.ts';
import { feePolicy, transferPolicy } from '../domain/policy.ts';
import { type Config, loadConfig } from '../platform/config.ts';
import { createLog } from '../platform/log.ts';
import { createPool, type Pool } from '../platform/postgres.ts';
import { createSchedules } from '../platform/schedules.ts';
import { createTemporalClient, type TemporalClient } from '../platform/temporal.ts';
import { type Command, recordCommand } from '../sql/commands.ts';

export const log = createLog({ level: process.env.TEST_LOG_LEVEL ?? 'fatal', role: 'test' });
export const now = () => new Date();

export type LabOptions = {
  databaseUrl: string;
  temporalAddress: string;
  /** Overrides of single settings, as environment variables. */
  env?: Record<string, string>;
  /** Puts a fault around the real activities; they still run against the real parts. */
  wrap?: (real: Activities, lab: Pick<Lab, 'pool' | 'tenant'>) => Partial<Activities>;
};

/** Dispatcher and worker over real parts, with a tenant and a task queue of their own. */
export type Lab = {
  pool: Pool;
  client: TemporalClient;
  tenant: Tenant;
  config: Config;
  run(request: CommandRequest, waitMs?: number): Promise<Command>;
  execute(request: CommandRequest, options?: { key?: string; waitMs?: number }): Promise<Dispatched>;
  /** Only records: as if the API had died right after. */
  record(request: CommandRequest): Promise<void>;
  start: WorkflowStart;
  close(): Promise<void>;
};

export async function createLab(options: LabOptions): Promise<Lab> {
  const tenant = `t${uuidv7().slice(-10)}` as Tenant;
  const config = loadConfig({
    DATABASE_URL: options.databaseUrl,
    TEMPORAL_ADDRESS: options.temporalAddress,
    KAFKA_BROKERS: 'not-used:1',
    TEMPORAL_TASK_QUEUE: `lab-${tenant}`,
    SHUTDOWN_GRACE_MS: '1000',
    ...options.env,
  });
  const pool = createPool({ url: config.DATABASE_URL, max: 10, name: 'lab', log });
  const connection = await NativeConnection.connect({ address: config.TEMPORAL_ADDRESS });
  const client = createTemporalClient(connection, config.TEMPORAL_NAMESPACE);
  const start: WorkflowStart = {
    temporal: () => ({ client, eager: true }),
    taskQueue: config.TEMPORAL_TASK_QUEUE,
    sagaDeadlineMs: config.SAGA_DEADLINE_MS,
    log,
  };
  const source = {
    now,
    newId: () => uuidv7(),
    sweepAfterMs: config.SWEEP_AFTER_MS,
    fees: feePolicy(config),
  };
  const announcements = createAnnouncements();
  const real = createActivities({
    announce: announcements.announce,
    pool,
    log,
    now,
    policy: transferPolicy(config),
    sagaDeadlineMs: config.SAGA_DEADLINE_MS,
    webhooks: deliveryPolicy(config),
    transfers: createTransferCommands(source, start),
    schedules: createSchedules(() => client, config.TEMPORAL_TASK_QUEUE),
  });
  const activities = { ...real, ...options.wrap?.(real, { pool, tenant }) };
  const workers = await createWorkers({ connection, config, log, activities });
  const running = workers.run();
  const stopping = new AbortController();
  const reconciling = runReconciler({ pool, log, start, intervalMs: 200 }, stopping.signal);
  const dispatcher = createDispatcher({
    ...{ pool, log, source, start, announcements },
    grouping: config.TRANSFER_GROUPING,
  });
  const optionsOf = (request: CommandRequest, key: string | null, waitMs: number): DispatchOptions => ({
    caller: { tenant, principal: 'local' },
    route: request.type,
    idempotencyKey: key,
    waitMs,
  });
  const execute: Lab['execute'] = (request, { key, waitMs = 30_000 } = {}) =>
    dispatcher.execute(request, optionsOf(request, key ?? null, waitMs));
  return {
    pool,
    client,
    tenant,
    config,
    start,
    execute,
    async record(request) {
      const { command, work } = newCommand(request, optionsOf(request, null, 0), source);
      await recordCommand(pool, command, work);
    },
    async run(request, waitMs = 30_000) {
      const dispatched = await execute(request, { waitMs });
      if (dispatched.kind !== 'recorded') throw new Error(`not recorded: ${dispatched.kind}`);
      return dispatched.command;
    },
    async close() {
      stopping.abort();
      await reconciling;
      await closeLab(workers, running, connection, pool);
    },
  };
}

async function closeLab(workers: Workers, running: Promise<void>, connection: NativeConnection, pool: Pool) {
  workers.shutdown();
  await running;
  await connection.close();
  await pool.end();
}

/** The wish to open an account in EUR. */
export function openAccount(
  accountId: string,
  initialDepositMinor: bigint,
  currency = 'EUR',
): CommandRequest {
  return {
    type: 'openAccount',
    accountId: accountId as AccountId,
    ownerId: null,
    name: null,
    currency,
    initialDepositMinor,
    overdraftLimitMinor: 0n,
    metadata: {},
  };
}

/** The wish to move EUR. */
export function transfer(
  transferId: string,
  from: string,
  to: string,
  amountMinor: bigint,
): Extract<CommandRequest, { type: 'transfer' }> {
  return {
    type: 'transfer',
    transferId: transferId as TransferId,
    from: from as AccountId,
    to: to as AccountId,
    amountMinor,
    currency: 'EUR',
    description: null,
    reference: null,
    metadata: {},
  };
}

/** A wish that concerns an account's life, or cash for it. */
export function lifecycle(type: 'freeze' | 'unfreeze' | 'close', accountId: string): CommandRequest {
  return { type, accountId: accountId as AccountId, reason: 'test' };
}

export function cash(type: 'deposit' | 'withdraw', accountId: string, amountMinor: bigint): CommandRequest {
  return {
    type,
    accountId: accountId as AccountId,
    amountMinor,
    currency: 'EUR',
    description: null,
    metadata: {},
  };
}

/** The wish to hold EUR on an account, until an instant or without end. */
export function placeHold(
  holdId: string,
  accountId: string,
  amountMinor: bigint,
  expiresAt: string | null = null,
): CommandRequest {
  return {
    type: 'placeHold',
    holdId: holdId as HoldId,
    accountId: accountId as AccountId,
    amountMinor,
    currency: 'EUR',
    expiresAt,
    description: null,
    metadata: {},
  };
}

/** The wish to let go of a hold. */
export function releaseHold(holdId: string, accountId: string): CommandRequest {
  return { type: 'releaseHold', holdId: holdId as HoldId, accountId: accountId as AccountId, reason: 'test' };
}

/** The wish to change limits in EUR. */
export function setLimits(accountId: string, changes: LimitChanges): CommandRequest {
  return { type: 'setLimits', accountId: accountId as AccountId, currency: 'EUR', changes };
}
