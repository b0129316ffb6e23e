import { createLog } from '../platform/log.ts';
import { RewindRefused, rewind } from '../sql/rewind.ts';
import { printFailure, SetupFailure } from '../stack/failure.ts';
import { type Databases, withDatabases } from '../stack/local-database.ts';

// Usage: npm run rewind, while projectors are stopped, after Kafka lost its data or a Postgres of your own was
// restored. DATABASE_URL is that of the local stack unless it is set.
async function main({ pool, readPool }: Databases): Promise<void> {
  const { head, sentFrom, unfinished } = await rewind(pool, readPool);
  console.log(
    `The log ends at position ${head} and is sent to Kafka again from behind position ${sentFrom}.`,
  );
  console.log(`At the next start ${unfinished} accepted commands that were not final go on.`);
}

try {
  const log = createLog({ level: 'fatal', role: 'rewind' });
  await withDatabases({ env: process.env, name: 'remit-rewind', log, max: 2 }, main);
} catch (error) {
  printFailure(error instanceof RewindRefused ? new SetupFailure(error.message, { cause: error }) : error);
  process.exitCode = 1;
}
