import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { get } from './http.ts';
import { type OwnTemporal, startOwnTemporal } from './own-temporal.ts';
import { type RemitChild, startRemit, waitFor } from './processes.ts';

const README = fileURLToPath(new URL('../README.md', import.meta.url));
const shell = promisify(execFile);
const run = Date.now().toString(36);
let database: TestDatabase;
let temporal: OwnTemporal;
let remit: RemitChild;

/** The ids in the README are fixed, so that it needs a database and a Temporal of its own. */
beforeAll(async () => {
  database = await createTestDatabase();
  temporal = await startOwnTemporal();
  const env = {
    ...inject('stack'),
    ...temporal.env,
    DATABASE_URL: database.url,
    KAFKA_TOPIC: `readme.${run}`,
    KAFKA_DEAD_LETTER_TOPIC: `readme.${run}.dead`,
    KAFKA_GROUP: `readme-${run}`,
    COMMAND_WAIT_MS: '30000',
    READ_WAIT_MS: '30000',
  };
  remit = await startRemit('api,worker,projector', env);
});
afterAll(async () => {
  await remit?.stop();
  await temporal?.remove();
  await database?.drop();
});

/** Instants and the address of the Web UI differ from run to run; nothing else may. */
function comparable(answer: string): unknown {
  return JSON.parse(
    answer
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'an instant')
      .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, 'the Web UI'),
  );
}

async function session(): Promise<{ command: string; answer: string }[]> {
  const [, block = ''] = /```console\n([\s\S]*?)```/.exec(await readFile(README, 'utf8')) ?? [];
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const [command = '', ...answer] = step.split('\n');
      return { command, answer: answer.join('\n') };
    });
}

type Projections = { items: { lag: { events: number } }[] };

async function projected(): Promise<boolean> {
  const { items } = (await get(`${remit.url}/api/projections`)).body as unknown as Projections;
  return items.every(({ lag }) => lag.events === 0);
}

test("the README's session works as it is printed", { timeout: 120_000 }, async () => {
  const steps = await session();
  expect(steps.length).toBeGreaterThan(5);
  for (const { command, answer } of steps) {
    if (command.includes('/reports/')) await waitFor('the projections', projected);
    const here = command.replaceAll('localhost:3000', remit.url.replace('http://', ''));
    const { stdout } = await shell('bash', ['-c', here]);
    expect(comparable(stdout), command).toEqual(comparable(answer));
  }
});
