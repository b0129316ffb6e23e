import { v7 as uuidv7 } from 'uuid';
import { awaitReplay } from '../dispatch/await-replay.ts';
import { createLog } from '../platform/log.ts';
import { createReplayer } from '../projector/replays.ts';
import { supervise } from '../projector/supervise.ts';
import { askForReplay, type Replay } from '../sql/dead-letter-replays.ts';
import { printFailure } from '../stack/failure.ts';
import { type Databases, withDatabases } from '../stack/local-database.ts';

/** A long stream takes a while; after this it goes on without anyone watching, where a projector runs. */
const WAIT_MS = 60_000;

// Usage: npm run dead-letter -- <dead letter id>. DATABASE_URL is that of the local stack unless it is set.
const [id] = process.argv.slice(2);
if (id === undefined) {
  console.error('Say which: npm run dead-letter -- <id>; GET /api/dead-letters has the ids.');
  process.exit(2);
}

const log = createLog({ level: 'warn', role: 'replay-dead-letter' });
try {
  const replay = await withDatabases({ env: process.env, name: 'remit-replay', log, max: 4 }, (databases) =>
    ask(databases, id),
  );
  if (replay === null) console.log(`There is no dead letter ${id}.`);
  else console.log(`Dead letter ${id}: ${describe(replay)}`);
  if (replay?.status !== 'replayed') process.exitCode = 1;
} catch (error) {
  printFailure(error);
  process.exitCode = 1;
}

/** Asks as the API does, and stands by meanwhile: where no projector runs, the replay is done here. */
async function ask(databases: Databases, letterId: string): Promise<Replay | null> {
  const scope = { tenant: null, unowned: true };
  const wish = { replayId: uuidv7(), letterId, scope, principal: 'command line', idempotencyKey: null };
  const asked = await askForReplay(databases.readPool, wish);
  if (asked.kind !== 'recorded') return null;
  return standingBy(databases, asked.replayId);
}

async function standingBy(databases: Databases, replayId: string): Promise<Replay> {
  const over = new AbortController();
  const loop = createReplayer(databases);
  const replaying = supervise({ name: 'replays', loop, log, signal: over.signal, beat: () => undefined });
  try {
    return await awaitReplay(databases.readPool, replayId, WAIT_MS);
  } finally {
    over.abort();
    await replaying;
  }
}

function describe({ status, cause }: Replay): string {
  switch (status) {
    case 'replayed':
      return 'replayed.';
    case 'parked':
      return `parked again: ${cause}`;
    case 'requested':
      return `not done within ${WAIT_MS / 1_000} s; it is recorded, and goes on where a projector runs.`;
  }
}
