import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkTemporal } from '../../platform/temporal.ts';
import { launch } from '../../stack/processes.ts';
import { createProgress } from '../../stack/progress.ts';
import { findTemporal } from '../../stack/temporal-cli.ts';
import { until } from '../../stack/wait.ts';
import { awaitPollers } from '../../test/faults/campaign/pollers.ts';
import { freePorts } from '../../test/own-folder.ts';
import { withTemporal } from '../../test/with-temporal.ts';
import type { Roots } from '../cpu.ts';
import type { Ground } from '../ground.ts';
import type { SampleJob } from '../load/job.ts';

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));
const TASK_QUEUE = 'money-transfer';
const STOP_GRACE_MS = 15_000;

/** The sample on one server: how to load it, and its processes. */
export type Sample = {
  readonly job: SampleJob;
  readonly roots: Roots;
  stop(): Promise<void>;
};

/** The sample's worker on the stack's own server, with its settings. */
export async function startTunedSample(ground: Ground): Promise<Sample> {
  const { temporal } = ground.roots();
  return startWorker(ground, 'tuned', ground.env.TEMPORAL_ADDRESS, temporal!);
}

/** The same beside a development server as it is when nobody sets anything, but for a file that keeps its data. */
export async function startStockSample(ground: Ground): Promise<Sample> {
  const command = await findTemporal(process.env, createProgress('temporal'), ground.signal);
  const { temporal: port, temporalUi: uiPort } = await freePorts();
  const place = ['--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)];
  const file = ['--db-filename', join(ground.dir, 'stock.db')];
  const args = ['server', 'start-dev', ...place, ...file];
  const server = await launch({ name: 'temporal-stock', command, args, dir: ground.dir });
  try {
    const ready = { timeoutMs: 60_000, everyMs: 50, signal: ground.signal };
    const address = `127.0.0.1:${port}`;
    await until('Starting the stock server', () => withTemporal(address, checkTemporal), ready);
    const sample = await startWorker(ground, 'stock', address, server.pid);
    return {
      ...sample,
      stop: async () => void (await sample.stop().finally(() => server.end('SIGTERM', STOP_GRACE_MS))),
    };
  } catch (error) {
    await server.end('SIGTERM', STOP_GRACE_MS);
    throw error;
  }
}

async function startWorker(ground: Ground, name: string, address: string, server: number): Promise<Sample> {
  const args = ['--import', 'tsx', WORKER, address, TASK_QUEUE];
  const worker = await launch({
    name: `sample-${name}`,
    command: process.execPath,
    args,
    dir: ground.dir,
  });
  await awaitPollers(address, TASK_QUEUE, 1);
  return {
    job: { kind: 'samples', address, taskQueue: TASK_QUEUE },
    roots: { temporal: server, 'sample worker': worker.pid },
    stop: () => worker.end('SIGTERM', STOP_GRACE_MS),
  };
}
