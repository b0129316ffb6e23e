import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcServiceError } from '@temporalio/client';
import { VERSION_PART } from '../platform/config.ts';
import { createTemporalClient, lazyConnection, type TemporalClient } from '../platform/temporal.ts';
import { makeCurrentVersion, type WorkerVersion } from '../platform/worker-version.ts';
import { printFailure, SetupFailure } from '../stack/failure.ts';
import { temporalAddress } from '../stack/ports.ts';

/** How long the workers of a build that was just started may take until Temporal knows them. */
const WAIT_MS = 60_000;
const ASK_EVERY_MS = 500;

/** NOT_FOUND, and FAILED_PRECONDITION where the build does not poll every queue yet. */
const NOT_THERE_YET = new Set([5, 9]);
/** DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, UNAVAILABLE, and CANCELLED where a connection ends. */
const OUTAGE = new Set([4, 8, 10, 14, 1]);

/**
 * Makes a build current whose workers run: new workflows, and the next task of each that is under way, go to it.
 * @example npm run rollout -- 2026-11-21   (the TEMPORAL_BUILD_ID of the new processes; TEMPORAL_ADDRESS,
 * TEMPORAL_NAMESPACE and TEMPORAL_DEPLOYMENT_NAME are those of Remit, by default the local stack's)
 */
async function rollOut(buildId: string): Promise<void> {
  const { env } = process;
  const version = { deploymentName: env.TEMPORAL_DEPLOYMENT_NAME || 'remit', buildId };
  const address = temporalAddress(env);
  const connection = lazyConnection(address);
  try {
    const client = createTemporalClient(connection, env.TEMPORAL_NAMESPACE || 'default');
    const last = await retry(client, version, address);
    // The build itself is "last" where it was current already, or where the answer to an earlier attempt was lost.
    const before = last === buildId ? '' : `; before it ${last ?? 'none'} was`;
    console.log(`${version.deploymentName}: build ${buildId} is current${before}.`);
    console.log('The processes of other builds may be stopped now (SIGTERM).');
  } finally {
    await connection.close();
  }
}

/** Temporal hears of a build by its workers' first polls, and refuses one that does not poll every queue yet. */
async function retry(
  client: TemporalClient,
  version: WorkerVersion,
  address: string,
): Promise<string | null> {
  const until = Date.now() + WAIT_MS;
  for (;;) {
    try {
      return await makeCurrentVersion(client, version);
    } catch (error) {
      const { passes, sentence } = explain(error, version, address);
      if (!passes || Date.now() > until) throw new SetupFailure(sentence, { cause: error });
      await sleep(ASK_EVERY_MS);
    }
  }
}

/** Whether waiting helps, and what to do where it did not. What Temporal did not say is a bug, and thrown. */
function explain(error: unknown, { buildId }: WorkerVersion, address: string) {
  if (!isGrpcServiceError(error)) throw error;
  const { code, details } = error;
  if (OUTAGE.has(code)) {
    const sentence = `Temporal at ${address} cannot be reached (${details}): start it, or set TEMPORAL_ADDRESS.`;
    return { passes: true, sentence };
  }
  if (NOT_THERE_YET.has(code)) {
    const mend = 'start its workers and look at their log';
    return { passes: true, sentence: `Build ${buildId} cannot become current (${details}): ${mend}.` };
  }
  return { passes: false, sentence: `Temporal refuses build ${buildId}: ${details}.` };
}

const [buildId = ''] = process.argv.slice(2);
// An empty one would tell Temporal to hand all work to workers without a version.
if (!VERSION_PART.test(buildId)) {
  console.error(
    'Say which build: npm run rollout -- <TEMPORAL_BUILD_ID of the new processes>, letters, digits and -_',
  );
  process.exit(2);
}
try {
  await rollOut(buildId);
} catch (error) {
  printFailure(error);
  process.exitCode = 1;
}
