import { createLog } from '../platform/log.ts';
import { createPool } from '../platform/postgres.ts';
import { replayDeadLetter } from '../projector/dead-letters.ts';
import { portsFromEnv } from '../stack/ports.ts';
import { createPostgres } from '../stack/postgres.ts';

// Usage: npm run dead-letter -- <dead letter id>. DATABASE_URL is that of the local stack unless it is set.
const [id] = process.argv.slice(2);
if (id === undefined) {
  console.error('Say which: npm run dead-letter -- <id>; the table dead_letters has the ids.');
  process.exit(2);
}

const local = createPostgres({ dir: '.remit', port: portsFromEnv(process.env).postgres }).env.DATABASE_URL;
const url = process.env.DATABASE_URL ?? local ?? '';
const log = createLog({ level: 'warn', role: 'replay-dead-letter' });
const pool = createPool({ url, max: 2, name: 'remit-replay', log });
const readPool = createPool({ url: process.env.READ_DATABASE_URL ?? url, max: 2, name: 'remit-replay', log });
try {
  const replayed = await replayDeadLetter({ pool, readPool }, id);
  console.log(`Dead letter ${id}: ${replayed}.`);
  if (replayed !== 'replayed') process.exitCode = 1;
} finally {
  await Promise.all([pool.end(), readPool.end()]);
}
