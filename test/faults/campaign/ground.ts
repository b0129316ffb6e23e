import { cp, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pRetry from 'p-retry';
import pg from 'pg';
// Makes pg read whole numbers as bigint, which the queries of sql/ promise.
import '../../../platform/postgres.ts';
import { createKafka } from '../../../stack/kafka.ts';
import type { Part, StackEnv } from '../../../stack/part.ts';
import type { StackPorts } from '../../../stack/ports.ts';
import { createPostgres } from '../../../stack/postgres.ts';
import type { Progress } from '../../../stack/progress.ts';
import { createTemporal } from '../../../stack/temporal.ts';
import { freePorts, ownFolder } from '../../own-folder.ts';
import { createFleet, type OwnedFleet } from './fleet.ts';
import { awaitPollers } from './pollers.ts';
import { createFaultProxy, type OwnedProxy } from './proxy.ts';
import type { Layout, PartName, Scenario, Scene } from './scenario.ts';

const PREFIX = 'remit-faults-';
export const LAYOUT: Layout = { front: 'api,worker', worker: 'worker', projector: 'projector' };
const CLOSE_DB_MS = 5_000;

const silently: Progress = (_step, _outcome, work) => work();

/** What all runs of a scenario stand on: parts, proxies and processes of their own. */
export type Ground = Pick<Scene, 'dir' | 'env' | 'parts' | 'killPart' | 'startPart' | 'proxies' | 'db'> & {
  readonly fleet: OwnedFleet;
  /** Copies the logs to a folder that stays, and names it. */
  keepLogs(name: string): Promise<string>;
  /** Ends everything and removes the folder. */
  close(): Promise<void>;
};

/** What has to be undone, last first. */
export type Undoing = (() => Promise<unknown>)[];

/** Starts the ground of a scenario in a temporary folder, in some 15 s. A start that fails leaves nothing but logs behind. */
export async function startGround(scenario: Scenario, signal: AbortSignal): Promise<Ground> {
  const folder = await ownFolder(PREFIX);
  const undoing: Undoing = [folder.remove];
  const close = () => undo(undoing);
  try {
    return { ...(await furnish(scenario, folder.dir, undoing, signal)), close };
  } catch (cause) {
    const logs = await keepLogs(folder.dir, scenario.id.toLowerCase());
    await close();
    throw new Error(`the ground of ${scenario.id} did not start; logs: ${logs}`, { cause });
  }
}

async function furnish(scenario: Scenario, dir: string, undoing: Undoing, signal: AbortSignal) {
  const unprepare = await scenario.prepare?.({ dir });
  if (unprepare !== undefined) undoing.push(unprepare);
  const ports = await freePorts();
  const proxies = await createProxies(scenario, ports, undoing);
  const parts = createParts(dir, ports, proxies.kafka?.address);
  for (const part of Object.values(parts)) undoing.push(() => part.down());
  await Promise.all(Object.values(parts).map((part) => bringUp(part, signal)));
  const db = openDb(parts.postgres, undoing);
  const env: Scene['env'] = { ...addresses(parts, proxies), ...names(scenario), ...scenario.env };
  const layout = scenario.layout ?? LAYOUT;
  const fleet = createFleet(dir, env, layout);
  undoing.push(() => fleet.killAll());
  await fleet.startAll();
  const workers = Object.values(layout).filter((roles) => roles.includes('worker')).length;
  await awaitPollers(parts.temporal.env.TEMPORAL_ADDRESS!, env.TEMPORAL_TASK_QUEUE!, workers);
  await scenario.settle?.({ env });
  return {
    ...{ dir, env, parts, proxies, db, fleet },
    killPart: (name: PartName) => killPart(parts[name]),
    startPart: (name: PartName) => bringUp(parts[name], signal),
    keepLogs: (name: string) => keepLogs(dir, name),
  };
}

/** Everything is undone, whatever fails; the first failure is thrown at the end. */
export async function undo(undoing: Undoing): Promise<void> {
  const failures: unknown[] = [];
  for (let step = undoing.pop(); step !== undefined; step = undoing.pop()) {
    await step().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}

type Proxies = Partial<Record<PartName, OwnedProxy>>;

async function createProxies(scenario: Scenario, ports: StackPorts, undoing: Undoing): Promise<Proxies> {
  const proxies: Proxies = {};
  for (const name of scenario.through ?? []) {
    const speaks = name === 'postgres' ? 'postgres' : 'bytes';
    const target = `127.0.0.1:${ports[name]}`;
    const proxy = await createFaultProxy({ target, speaks });
    undoing.push(() => proxy.close());
    proxies[name] = proxy;
  }
  return proxies;
}

/** Kafka tells its clients where to find it: behind a proxy that must be the proxy. */
function createParts(dir: string, ports: StackPorts, kafkaProxy: string | undefined): Record<PartName, Part> {
  const advertised = kafkaProxy === undefined ? {} : { advertised: kafkaProxy };
  return {
    postgres: createPostgres({ dir, port: ports.postgres }),
    kafka: createKafka({ dir, port: ports.kafka, ...advertised }),
    temporal: createTemporal({ dir, port: ports.temporal, uiPort: ports.temporalUi }),
  };
}

/** More than once, for what a killed process leaves (memory, a port) may take a moment to be free. */
async function bringUp(part: Part, signal: AbortSignal): Promise<void> {
  await part.prepare(silently, signal);
  await pRetry(() => part.up(silently, signal), { retries: 4, minTimeout: 500, factor: 1.5, signal });
}

async function killPart(part: Part): Promise<void> {
  const [pid, ended] = [part.pid(), part.ended()];
  if (pid === undefined) throw new Error(`${part.name} does not run`);
  process.kill(pid, 'SIGKILL');
  await ended;
  await part.down();
}

function openDb(postgres: Part, undoing: Undoing): pg.Pool {
  const db = new pg.Pool({
    connectionString: postgres.env.DATABASE_URL,
    max: 10,
    application_name: 'campaign',
    connectionTimeoutMillis: 5_000,
    query_timeout: 60_000,
  });
  // Postgres is killed on purpose: a connection that dies is the next query's error, and not the campaign's end.
  db.on('error', () => undefined).on('connect', (client) => void client.on('error', () => undefined));
  undoing.push(() => Promise.race([db.end(), new Promise((done) => setTimeout(done, CLOSE_DB_MS).unref())]));
  return db;
}

function addresses(parts: Record<PartName, Part>, proxies: Proxies): StackEnv {
  const own: StackEnv = Object.assign(
    { DATABASE_URL: '', KAFKA_BROKERS: '', TEMPORAL_ADDRESS: '', TEMPORAL_UI_URL: '' },
    ...Object.values(parts).map((part) => part.env),
  );
  const database = new URL(own.DATABASE_URL);
  if (proxies.postgres) database.host = proxies.postgres.address;
  return {
    ...own,
    DATABASE_URL: database.href,
    KAFKA_BROKERS: proxies.kafka?.address ?? own.KAFKA_BROKERS,
    TEMPORAL_ADDRESS: proxies.temporal?.address ?? own.TEMPORAL_ADDRESS,
  };
}

function names({ id }: Scenario): Record<string, string> {
  const name = `faults-${id.toLowerCase()}`;
  return {
    TEMPORAL_TASK_QUEUE: name,
    KAFKA_TOPIC: name,
    KAFKA_DEAD_LETTER_TOPIC: `${name}-dead`,
    KAFKA_GROUP: name,
  };
}

async function keepLogs(dir: string, name: string): Promise<string> {
  const kept = await mkdtemp(join(tmpdir(), `remit-failed-${name}-`));
  const logs = (await readdir(dir)).filter((file) => file.endsWith('.log'));
  for (const log of logs) await cp(join(dir, log), join(kept, log));
  return kept;
}
