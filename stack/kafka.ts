import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import { cached, cacheRoot, isCached } from './cache.ts';
import { isInstalled, runCommand } from './commands.ts';
import { SetupFailure } from './failure.ts';
import type { Part } from './part.ts';
import { freePort, requireFreePort } from './ports.ts';
import { launch, type Running } from './processes.ts';
import { until } from './wait.ts';

/** The version in kafka-pom.xml; a new one there needs a new one here, so that the cache is filled anew. */
const KEY = 'kafka-4.1.1';
const FETCH_TIMEOUT_MS = 600_000;
const FORMAT_TIMEOUT_MS = 60_000;
const START_TIMEOUT_MS = 120_000;
/** A broker that ends in order gives up leadership first; a single one has nobody to give it to. */
const STOP_GRACE_MS = 10_000;
/** Any 16 bytes in base64 will do: a folder of its own keeps each stack's cluster apart. */
const CLUSTER_ID = 'UmVtaXRMb2NhbFN0YWNrMQ';
const JAVA = 'install Java 17 or newer, or set KAFKA_BROKERS to a Kafka of your own';
const MAVEN = 'install Maven, or set KAFKA_BROKERS to a Kafka of your own';

type KafkaOptions = {
  dir: string;
  port: number;
  /** Where clients are told to find the broker, when something stands before it. */
  advertised?: string;
};

/** Kafka 4.1 as one KRaft node on its Maven jars, with its data in `<dir>/kafka` and its log in `<dir>/kafka.log`. */
export function createKafka({ dir, port, advertised }: KafkaOptions): Part {
  const broker = `127.0.0.1:${port}`;
  let running: Running | undefined;
  return {
    name: 'kafka',
    env: { KAFKA_BROKERS: broker },
    async prepare(progress, signal) {
      if (!(await isInstalled('java', ['-version']))) throw new SetupFailure(`\`java\` is missing: ${JAVA}.`);
      if (await isCached(KEY)) return;
      await progress('fetching its jars with Maven', 'done', () => fetchJars(signal));
    },
    async up(progress, signal) {
      await requireFreePort(port, 'Kafka', 'REMIT_KAFKA_PORT');
      await progress('starting', 'ready', async () => {
        await format(dir, port, advertised ?? broker, signal);
        running = await start(dir);
        const ready = { timeoutMs: START_TIMEOUT_MS, everyMs: 100, signal };
        await until('Starting Kafka', () => answers(broker, running!), ready);
      });
    },
    async down() {
      await running?.end('SIGTERM', STOP_GRACE_MS);
      running = undefined;
    },
    health: () => probe(broker),
    pid: () => running?.pid,
    ended: () => running!.ended,
  };
}

async function fetchJars(signal: AbortSignal): Promise<void> {
  const pom = fileURLToPath(new URL('kafka-pom.xml', import.meta.url));
  const goal = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies'];
  const copyTo = (folder: string) =>
    runCommand('mvn', [...goal, `-DoutputDirectory=${folder}`], MAVEN, {
      timeoutMs: FETCH_TIMEOUT_MS,
      signal,
    });
  await cached(KEY, async (folder) => void (await copyTo(folder)), signal);
}

/** The settings are written at each start, because ports may move; the folder is formatted once. */
async function format(dir: string, port: number, advertised: string, signal: AbortSignal): Promise<void> {
  const settings = properties(join(dir, 'kafka'), port, advertised, await freePort());
  await writeFile(join(dir, 'kafka.properties'), settings);
  if (await isCached('meta.properties', join(dir, 'kafka'))) return;
  const tool = ['kafka.tools.StorageTool', 'format', '--ignore-formatted', '-t', CLUSTER_ID];
  const args = [...classpath(), ...tool, '-c', join(dir, 'kafka.properties')];
  await runCommand('java', args, JAVA, { timeoutMs: FORMAT_TIMEOUT_MS, signal });
}

/** A single node: no replicas, few internal partitions, and groups that begin without waiting for more members. */
function properties(folder: string, port: number, advertised: string, controllerPort: number): string {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${advertised}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': folder,
    'auto.create.topics.enable': false,
    // After a kill the broker may register again only once its old session is over, 9 s by default.
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 500,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return `${lines.join('\n')}\n`;
}

async function start(dir: string): Promise<Running> {
  const logging = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';
  // On few cores what the optimising compiler and a parallel collector take is missing elsewhere.
  const machine = ['-Xmx512m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
  const args = [...machine, logging, ...classpath(), 'kafka.Kafka', join(dir, 'kafka.properties')];
  return launch({ name: 'kafka', command: 'java', args, dir });
}

function classpath(): string[] {
  return ['-cp', join(cacheRoot(), KEY, '*')];
}

async function answers(broker: string, running: Running): Promise<void> {
  await running.requireAlive();
  await probe(broker);
}

/**
 * Ready means that topics can be created and that a group finds a loaded coordinator. The first question for a
 * group makes Kafka create its offsets topic, and consumers that come before that is done are refused.
 */
async function probe(broker: string): Promise<void> {
  const retry = { retries: 0 };
  const admin = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING, retry }).admin();
  try {
    await admin.connect();
    const topics = [{ topic: 'remit.probe' }];
    await admin.createTopics({ topics, validateOnly: true, waitForLeaders: false });
    await admin.fetchOffsets({ groupId: 'remit-probe' });
  } finally {
    await admin.disconnect();
  }
}
