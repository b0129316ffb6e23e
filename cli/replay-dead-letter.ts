import { loadConfig } from '../platform/config.ts';
import { createLog } from '../platform/log.ts';
import { createPool } from '../platform/postgres.ts';
import { replayDeadLetter } from '../projector/dead-letters.ts';

// Usage: tsx cli/replay-dead-letter.ts <dead letter id>
const [id] = process.argv.slice(2);
if (id === undefined) throw new Error('say which: tsx cli/replay-dead-letter.ts <dead letter id>');

const config = loadConfig(process.env);
const log = createLog({ level: config.LOG_LEVEL, role: 'replay-dead-letter' });
const pool = createPool({ url: config.DATABASE_URL, max: 2, name: 'remit-replay', log });
const readPool = createPool({ url: config.READ_DATABASE_URL, max: 2, name: 'remit-replay', log });
try {
  const replayed = await replayDeadLetter({ pool, readPool }, id);
  console.log(`Dead letter ${id}: ${replayed}.`);
  if (replayed !== 'replayed') process.exitCode = 1;
} finally {
  await Promise.all([pool.end(), readPool.end()]);
}
