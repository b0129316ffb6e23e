import { hostname } from 'node:os';
import { type Config, loadConfig } from '../platform/config.ts';
import { createKafka, projectorClientId } from '../platform/kafka.ts';
import { createLog } from '../platform/log.ts';
import { createTemporalClient, lazyConnection, withDeadline } from '../platform/temporal.ts';

/** A worker polls anew at least once a minute. */
const POLLED_WITHIN_MS = 150_000;
const ANSWER_TIMEOUT_MS = 5_000;
const TASK_QUEUE_TYPE_WORKFLOW = 1;

const CHECKS: Record<Config['ROLES'][number], (config: Config) => Promise<void>> = {
  api: checkApi,
  worker: checkWorker,
  projector: checkProjector,
};

/** The API serves requests. */
async function checkApi({ PORT }: Config): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${PORT}/readyz`, {
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`/readyz says ${response.status}: ${await response.text()}`);
}

/** Temporal hears from a worker on this host, which is what hands it work. */
async function checkWorker(config: Config): Promise<void> {
  const connection = lazyConnection(config.TEMPORAL_ADDRESS);
  const client = createTemporalClient(connection, config.TEMPORAL_NAMESPACE);
  try {
    const { pollers } = await withDeadline(client, () =>
      client.workflowService.describeTaskQueue({
        namespace: config.TEMPORAL_NAMESPACE,
        taskQueue: { name: config.TEMPORAL_TASK_QUEUE },
        taskQueueType: TASK_QUEUE_TYPE_WORKFLOW,
      }),
    );
    const here = (pollers ?? []).filter(({ identity }) => identity?.endsWith(`@${hostname()}`));
    const lastPolls = here.map(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000);
    if (lastPolls.some((at) => Date.now() - at < POLLED_WITHIN_MS)) return;
    throw new Error(`no worker on ${hostname()} polls the task queue ${config.TEMPORAL_TASK_QUEUE}`);
  } finally {
    await connection.close();
  }
}

/** The consumer group has a member on this host; a loop that hangs ends its process by itself (main.ts). */
async function checkProjector(config: Config): Promise<void> {
  const log = createLog({ level: 'fatal', role: 'health' });
  const admin = createKafka({ brokers: config.KAFKA_BROKERS, clientId: 'remit-health', log }).admin();
  try {
    await admin.connect();
    const { groups } = await admin.describeGroups([config.KAFKA_GROUP]);
    const members = groups.flatMap((group) => group.members);
    if (members.some(({ clientId }) => clientId === projectorClientId())) return;
    throw new Error(`nobody on ${hostname()} consumes as ${config.KAFKA_GROUP}`);
  } finally {
    await admin.disconnect();
  }
}

/** Exits with 0 where every role of this container works, else with 1 and a sentence: Docker's health check. */
try {
  const config = loadConfig(process.env);
  for (const role of config.ROLES) await CHECKS[role](config);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
process.exit();
