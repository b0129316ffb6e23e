import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Runtime } from '@temporalio/worker';
import { migrate } from '../sql/migrate.ts';
import { PATHS } from './paths.ts';

const FOLDER = fileURLToPath(new URL('../workflows/histories/', import.meta.url));

/**
 * Records the history of each path that has none yet (or of the paths named) on the parts given by DATABASE_URL
 * and TEMPORAL_ADDRESS. A recorded history is a promise to runs that are under way: it is replaced only when no
 * such run can exist any more.
 */
async function record(names: readonly string[]): Promise<void> {
  const { DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: temporalAddress } = process.env;
  if (!databaseUrl || !temporalAddress)
    throw new Error('set DATABASE_URL and TEMPORAL_ADDRESS, for example of a running npm start');
  Runtime.install({ shutdownSignals: [] });
  await migrate(databaseUrl);
  await mkdir(FOLDER, { recursive: true });
  for (const path of PATHS.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const { lab, handle } = await path.walk({ databaseUrl, temporalAddress });
    const history = withoutTraces(historyToJSON(await handle.fetchHistory()));
    const written = await writeFile(`${FOLDER}${path.name}.json`, history, {
      flag: names.length === 0 ? 'wx' : 'w',
    }).then(
      () => 'recorded',
      (error: NodeJS.ErrnoException) => (error.code === 'EEXIST' ? 'kept as it was' : Promise.reject(error)),
    );
    console.log(`${path.name}: ${written}`);
    await lab.close();
  }
}

/** Stack traces and worker identities tell of the machine that recorded, and replay does not read them. */
function withoutTraces(history: string): string {
  const kept = JSON.parse(history, (key, value) =>
    key === 'stackTrace' || key === 'identity' ? undefined : value,
  );
  return `${JSON.stringify(kept, null, 1)}\n`;
}

await record(process.argv.slice(2));
