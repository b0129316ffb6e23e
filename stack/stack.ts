import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createKafka } from './kafka.ts';
import type { Part, StackEnv } from './part.ts';
import type { StackPorts } from './ports.ts';
import { createPostgres } from './postgres.ts';
import { createProgress } from './progress.ts';
import { finishRestore } from './swap.ts';
import { createTemporal } from './temporal.ts';

export type StackOptions = {
  /** Absolute path of the folder for data, logs and the record of processes. */
  dir: string;
  ports: StackPorts;
  /** An address in here (`DATABASE_URL`, `KAFKA_BROKERS`, `TEMPORAL_ADDRESS`) is used and its part not started. */
  env: NodeJS.ProcessEnv;
  /** Ends a start that is under way. */
  signal: AbortSignal;
};

/** The running stack: the addresses for Remit's processes, and the parts that were started here. */
export type Stack = { env: StackEnv; parts: Part[]; down(): Promise<void> };

/** Fetches or builds what the parts need, side by side, and starts nothing. */
export async function prepareStack(options: StackOptions): Promise<void> {
  const parts = partsToStart(options);
  await together(parts, options.signal, (part, signal) => part.prepare(createProgress(part.name), signal));
}

/**
 * Starts all parts side by side on a folder, which the caller has claimed (launcher.ts), after a restore that was
 * cut short there is finished.
 * When one part fails the others are taken down again.
 * @throws SetupFailure when a tool is missing or a port is in use.
 * @example const stack = await startStack({ dir, ports: portsFromEnv(env), env, signal });
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const parts = partsToStart(options);
  await mkdir(join(options.dir, 'run'), { recursive: true });
  await finishRestore(options.dir, createProgress('restore'));
  const down = () => takeDown(parts);
  try {
    await together(parts, options.signal, prepareAndStart);
  } catch (error) {
    await down();
    throw error;
  }
  return { env: addresses(options, parts), parts, down };
}

async function prepareAndStart(part: Part, signal: AbortSignal): Promise<void> {
  const progress = createProgress(part.name);
  await part.prepare(progress, signal);
  await part.up(progress, signal);
}

function partsToStart({ dir, ports, env }: StackOptions): Part[] {
  return [
    ...(env.DATABASE_URL ? [] : [createPostgres({ dir, port: ports.postgres })]),
    ...(env.KAFKA_BROKERS ? [] : [createKafka({ dir, port: ports.kafka })]),
    ...(env.TEMPORAL_ADDRESS
      ? []
      : [createTemporal({ dir, port: ports.temporal, uiPort: ports.temporalUi })]),
  ];
}

/** Does the same with every part at once; the first failure ends the work on the others and is thrown. */
async function together(
  parts: Part[],
  signal: AbortSignal,
  work: (part: Part, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const tasks = parts.map((part) =>
    work(part, either).catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(tasks);
  if (failed.signal.aborted) throw failed.signal.reason;
}

function addresses({ env }: StackOptions, parts: Part[]): StackEnv {
  const given = {
    DATABASE_URL: env.DATABASE_URL ?? '',
    KAFKA_BROKERS: env.KAFKA_BROKERS ?? '',
    TEMPORAL_ADDRESS: env.TEMPORAL_ADDRESS ?? '',
    TEMPORAL_UI_URL: env.TEMPORAL_UI_URL ?? '',
  };
  return Object.assign(given, ...parts.map((part) => part.env));
}

/** Temporal first and Postgres last, the reverse of who relies on whom; one that hangs does not keep the rest. */
async function takeDown(parts: Part[]): Promise<void> {
  const failures: unknown[] = [];
  for (const part of [...parts].reverse()) {
    await part.down().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, 'Some parts could not be ended');
}
