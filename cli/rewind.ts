import { createLog } from '../platform/log.ts';
import { createPool } from '../platform/postgres.ts';
import { RewindRefused, rewind } from '../sql/rewind.ts';
import { databaseUrls } from '../stack/local-database.ts';

// Usage: npm run rewind, while projectors are stopped, after Kafka lost its data or a Postgres of your own was
// restored. DATABASE_URL is that of the local stack unless it is set.
const { url, readUrl } = databaseUrls(process.env);
const log = createLog({ level: 'warn', role: 'rewind' });
const pool = createPool({ url, max: 2, name: 'remit-rewind', log });
const readPool = createPool({ url: readUrl, max: 2, name: 'remit-rewind', log });
try {
  const { head, sentFrom, unfinished } = await rewind(pool, readPool);
  console.log(
    `The log ends at position ${head} and is sent to Kafka again from behind position ${sentFrom}.`,
  );
  console.log(`At the next start ${unfinished} accepted commands that were not final go on.`);
} catch (error) {
  if (!(error instanceof RewindRefused)) throw error;
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await Promise.all([pool.end(), readPool.end()]);
}
