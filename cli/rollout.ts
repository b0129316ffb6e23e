import { setTimeout as sleep } from 'node:timers/promises';
import { createTemporalClient, lazyConnection, type TemporalClient } from '../platform/temporal.ts';
import { makeCurrentVersion, type WorkerVersion } from '../platform/worker-version.ts';

/** How long the workers of a build that was just started may take until Temporal knows them. */
const WAIT_MS = 60_000;
const ASK_EVERY_MS = 500;

/**
 * Makes a build current whose workers run: new workflows, and the next task of each that is under way, go to it.
 * @example npm run rollout -- 2026-11-21   (the TEMPORAL_BUILD_ID of the new processes; TEMPORAL_ADDRESS,
 * TEMPORAL_NAMESPACE and TEMPORAL_DEPLOYMENT_NAME are those of Remit, by default the local stack's)
 */
async function rollOut(buildId: string): Promise<void> {
  const { env } = process;
  const version = { deploymentName: env.TEMPORAL_DEPLOYMENT_NAME ?? 'remit', buildId };
  const address = env.TEMPORAL_ADDRESS ?? `127.0.0.1:${env.REMIT_TEMPORAL_PORT ?? '7233'}`;
  const connection = lazyConnection(address);
  try {
    const client = createTemporalClient(connection, env.TEMPORAL_NAMESPACE ?? 'default');
    const last = await retry(client, version);
    console.log(`${version.deploymentName}: build ${buildId} is current; before it ${last ?? 'none'} was.`);
    if (last !== buildId) console.log('The processes of other builds may be stopped now (SIGTERM).');
  } finally {
    await connection.close();
  }
}

/** Temporal hears of a build by its workers' first polls, and refuses one that does not poll every queue yet. */
async function retry(client: TemporalClient, version: WorkerVersion): Promise<string | null> {
  const until = Date.now() + WAIT_MS;
  for (;;) {
    try {
      return await makeCurrentVersion(client, version);
    } catch (cause) {
      const message = `Build ${version.buildId} cannot become current: start its workers and look at their log.`;
      if (Date.now() > until) throw new Error(message, { cause });
      await sleep(ASK_EVERY_MS);
    }
  }
}

const [buildId] = process.argv.slice(2);
if (buildId === undefined) {
  console.error('Say which build: npm run rollout -- <TEMPORAL_BUILD_ID of the new processes>');
  process.exit(2);
}
try {
  await rollOut(buildId);
} catch (error) {
  console.error(error instanceof Error ? `${error.message}${causeOf(error)}` : error);
  process.exitCode = 1;
}

function causeOf({ cause }: Error): string {
  return cause instanceof Error ? ` (${cause.message})` : '';
}
