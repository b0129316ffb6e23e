import { resolve } from 'node:path';
import { printFailure, SetupFailure } from './failure.ts';
import { claim } from './launcher.ts';
import type { Part } from './part.ts';
import { portFromEnv, portsFromEnv, requireFreePort } from './ports.ts';
import { tail } from './processes.ts';
import { createProgress } from './progress.ts';
import { createRemit } from './remit.ts';
import { type Stack, startStack } from './stack.ts';
import { type Supervised, supervise } from './supervise.ts';
import { until } from './wait.ts';

const DIR = resolve('.remit');
const READY_TIMEOUT_MS = 120_000;
const ANSWER_TIMEOUT_MS = 2_000;

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => stopping.abort(new SetupFailure('Stopped.')));
}

/** Brings everything up, keeps it up until Ctrl-C, and takes it down in order: Remit first, Postgres last. */
async function main(): Promise<void> {
  const port = portFromEnv(process.env, 'PORT', 3_000);
  const release = await claim(DIR);
  try {
    await requireFreePort(port, "Remit's API", 'PORT');
    const options = { dir: DIR, ports: portsFromEnv(process.env), env: process.env, signal: stopping.signal };
    const stack = await startStack(options);
    await runRemit(stack, port).finally(() => stack.down());
  } finally {
    await release();
  }
}

async function runRemit(stack: Stack, port: number): Promise<void> {
  const env = { ...process.env, ...stack.env, PORT: String(port) };
  // The API and the worker share a process, for only then does Temporal hand over a new workflow directly.
  const children = [
    createRemit('api-worker', 'api,worker', DIR, env),
    createRemit('projector', 'projector', DIR, env),
  ];
  const halt = new AbortController();
  const signal = AbortSignal.any([stopping.signal, halt.signal]);
  let kept: Promise<void> | undefined;
  try {
    for (const child of children) await child.start();
    kept = keepUp([...stack.parts.map((part) => supervisedPart(part, signal)), ...children], signal);
    await Promise.race([kept, announce(stack, port, signal)]);
    await kept;
  } finally {
    console.log('\nStopping …');
    // Nothing may be started again while it is being stopped.
    halt.abort();
    // A part that is being started again right now must be up or given up before the stack is taken down.
    await kept?.catch(() => undefined);
    await Promise.all(children.map((child) => child.stop()));
  }
}

async function keepUp(all: Supervised[], signal: AbortSignal): Promise<void> {
  await Promise.all(all.map((supervised) => supervise(supervised, signal)));
}

function supervisedPart(part: Part, signal: AbortSignal): Supervised {
  return {
    name: part.name,
    start: () => part.up(createProgress(part.name), signal),
    ended: () => part.ended(),
    explain: () => tail(resolve(DIR, `${part.name}.log`)),
  };
}

/** Says where everything is as soon as the API answers that it is ready. */
async function announce(stack: Stack, port: number, signal: AbortSignal): Promise<void> {
  const api = `http://127.0.0.1:${port}`;
  const ready = { timeoutMs: READY_TIMEOUT_MS, everyMs: 200, signal };
  const check = () => until(`Remit (its log is .remit/api-worker.log)`, () => requireReady(api), ready);
  await createProgress('remit')('starting', 'ready', check);
  console.log(`
  API           ${api}
  Contract      ${api}/openapi.json
  Temporal UI   ${stack.env.TEMPORAL_UI_URL || 'at your own Temporal'}
  Logs          .remit/*.log
  Stop          Ctrl-C; the data stays in .remit until npm run reset
`);
}

async function requireReady(api: string): Promise<void> {
  const response = await fetch(`${api}/readyz`, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  const { status } = (await response.json()) as { status: string };
  if (status !== 'ready') throw new Error(`/readyz says ${status}`);
}

try {
  await main();
} catch (error) {
  if (!stopping.signal.aborted) {
    printFailure(error);
    process.exitCode = 1;
  }
}
// A connection that lingers, such as one of a health check, must not keep a launcher that is done.
process.exit();
