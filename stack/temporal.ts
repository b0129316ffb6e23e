import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { TRANSFER_IDS } from '../platform/search-attributes.ts';
import type { Part } from './part.ts';
import { requireFreePort } from './ports.ts';
import { launch, type Running } from './processes.ts';
import { findTemporal } from './temporal-cli.ts';
import { until } from './wait.ts';

const START_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 10_000;
const HEALTH_TIMEOUT_MS = 2_000;

type TemporalOptions = { dir: string; port: number; uiPort: number };

/** Temporal's development server with its Web UI, on the SQLite file `<dir>/temporal.db`. */
export function createTemporal({ dir, port, uiPort }: TemporalOptions): Part {
  const address = `127.0.0.1:${port}`;
  let running: Running | undefined;
  let command = 'temporal';
  return {
    name: 'temporal',
    env: { TEMPORAL_ADDRESS: address, TEMPORAL_UI_URL: `http://127.0.0.1:${uiPort}` },
    async prepare(progress, signal) {
      command = await findTemporal(process.env, progress, signal);
    },
    async up(progress, signal) {
      await requireFreePort(port, 'Temporal', 'REMIT_TEMPORAL_PORT');
      await requireFreePort(uiPort, "Temporal's Web UI", 'REMIT_TEMPORAL_UI_PORT');
      await progress('starting', 'ready', async () => {
        const args = serverArguments(join(dir, 'temporal.db'), port, uiPort);
        running = await launch({ name: 'temporal', command, args, dir });
        const ready = { timeoutMs: START_TIMEOUT_MS, everyMs: 50, signal };
        await until('Starting Temporal', () => answers(address, running!), ready);
      });
    },
    async down() {
      await running?.end('SIGTERM', STOP_GRACE_MS);
      running = undefined;
    },
    health: () => describeDefault(address),
    pid: () => running?.pid,
    ended: () => running!.ended,
  };
}

/**
 * The development server polls its queues 20 times a second, so that every task waits for a 50 ms tick; 200
 * made a transfer four times as fast. WAL with synchronous=normal is safe against killed processes.
 */
function serverArguments(file: string, port: number, uiPort: number): string[] {
  const place = [
    '--ip',
    '127.0.0.1',
    '--port',
    String(port),
    '--ui-port',
    String(uiPort),
    '--db-filename',
    file,
  ];
  const pragmas = ['journal_mode=wal', 'synchronous=normal'];
  const polls = ['history.transferProcessorMaxPollRPS=200', 'history.timerProcessorMaxPollRPS=200'];
  return [
    ...['server', 'start-dev', '--log-level', 'warn', ...place],
    ...pragmas.flatMap((pragma) => ['--sqlite-pragma', pragma]),
    ...polls.flatMap((poll) => ['--dynamic-config-value', poll]),
    ...['--search-attribute', `${TRANSFER_IDS.name}=KeywordList`],
  ];
}

async function answers(address: string, running: Running): Promise<void> {
  await running.requireAlive();
  await describeDefault(address);
}

async function describeDefault(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: HEALTH_TIMEOUT_MS });
  try {
    const deadline = Date.now() + HEALTH_TIMEOUT_MS;
    await connection.withDeadline(deadline, () =>
      connection.workflowService.describeNamespace({ namespace: 'default' }),
    );
  } finally {
    await connection.close();
  }
}
