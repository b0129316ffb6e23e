import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningServer, serveApp } from '../../api/server.ts';
import { CURRENCY_CODES, exponentOf } from '../../domain/currencies.ts';
import { createHouse, type House } from '../house.ts';
import { type OwnTemporal, startOwnTemporal } from '../own-temporal.ts';
import { documentSchema, operationFor, operationsOf } from './document.ts';
import { besideThis, pythonWithSchemathesis } from './schemathesis.ts';
import { cursorsOf, pointExamplesAtSeeds, seed } from './seeds.ts';

/** Several times what a run takes on two cores, the first one's fetching of schemathesis included. */
const TIMEOUT_MS = 600_000;

let temporal: OwnTemporal;
let house: House;
let server: RunningServer;
let folder: string;

beforeAll(async () => {
  // The document's examples name alice and bob, who live in other houses too: a Temporal of this one's own.
  temporal = await startOwnTemporal();
  house = await createHouse({
    ...temporal.env,
    COMMAND_WAIT_MS: '5000',
    READ_WAIT_MS: '1000',
    // A stream without an end would be a request without one.
    EVENT_STREAM_MAX_MS: '200',
  });
  folder = await mkdtemp(join(tmpdir(), 'remit-contract-'));
});
afterAll(async () => {
  await server?.close(1_000);
  await house?.close();
  await temporal?.remove();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

test('answers and document are equal, says schemathesis, and every operation succeeds', {
  timeout: TIMEOUT_MS,
}, async () => {
  const document = documentSchema.parse(await (await house.app.request('/openapi.json')).json());
  const operations = operationsOf(document);
  const seeds = await seed(house, document);
  await writeFile(join(folder, 'openapi.json'), JSON.stringify(pointExamplesAtSeeds(document, seeds)));
  const cursors = await cursorsOf(house, operations, seeds);

  const succeeded = new Set<string>();
  server = await serveApp(
    {
      async fetch(request) {
        const response = await house.app.fetch(request);
        const operation = operationFor(operations, request.method, new URL(request.url).pathname);
        if (response.ok && request.method !== 'HEAD' && operation) succeeded.add(operation.name);
        return response;
      },
    },
    { host: '127.0.0.1', port: 0 },
  );
  const { code, output } = await schemathesis(server.address, {
    CONTRACT_CURSORS: JSON.stringify(cursors),
    CONTRACT_DECIMALS: JSON.stringify(decimals()),
  });
  console.log(summaryOf(output));
  expect(code, output).toBe(0);
  const never = operations.map(({ name }) => name).filter((name) => !succeeded.has(name));
  expect(never, 'operations without a 2xx: seed what they need in test/contract/seeds.ts').toEqual([]);
});

/** The decimals of every currency, by its code. */
function decimals(): Record<string, number> {
  return Object.fromEntries(CURRENCY_CODES.map((code) => [code, exponentOf(code)!]));
}

/** One run with a fixed seed over the document in `folder`; its output is what a person would read. */
async function schemathesis(url: string, env: Record<string, string>) {
  const stop = AbortSignal.timeout(TIMEOUT_MS - 10_000);
  const python = await pythonWithSchemathesis(stop);
  const config = ['--config-file', besideThis('schemathesis.toml'), 'run', join(folder, 'openapi.json')];
  // One worker: Python 3.11's parser fails now and then when two threads use it.
  const bounds = ['--max-examples', '20', '--seed', '1', '--workers', '1'];
  const data = ['--generation-database', 'none', '--request-timeout', '40'];
  const args = ['-m', 'schemathesis.cli', ...config, '--url', url, ...bounds, ...data];
  const child = spawn(python, [...args, '--no-color'], {
    cwd: folder,
    env: { ...process.env, SCHEMATHESIS_HOOKS: besideThis('hooks.py'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: stop,
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number | null>((done, failed) => {
    child.once('error', failed);
    child.once('close', done);
  });
  return { code, output: output.replaceAll(/^.{2000,}$/gm, (line) => `${line.slice(0, 2_000)} …`) };
}

/** From the heading of the summary to its end. */
function summaryOf(output: string): string {
  const at = output.lastIndexOf('= SUMMARY =');
  return at < 0 ? output : output.slice(output.lastIndexOf('\n', at) + 1).trim();
}
