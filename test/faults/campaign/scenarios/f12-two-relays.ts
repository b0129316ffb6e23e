import type pg from 'pg';
import { waitFor } from '../../../processes.ts';
import { findLeader, isAboutRelay, readPlaces, relayed } from '../log-places.ts';
import type { FaultProxy, Reaction, Scenario, Statement } from '../scenario.ts';
import { countRepeated, endsOf, readSince } from '../topics.ts';

const ROUNDS = 3;
const ROUND_TIMEOUT_MS = 30_000;
/** The old leader's query gives up after 9 s; a standby asks every 250 ms. */
const TAKE_OVER_MS = 8_000;

/**
 * The leading relay has read what to send, and its answer is late; meanwhile Postgres closes its connection, which
 * frees the lead, and a standby sends the same events. Then the old leader gets its answer, and sends them too.
 */
export const twoRelays: Scenario = {
  id: 'F12',
  title: 'two relays at once: the old leader sends what the new one has sent',
  hit: 'an event that is on the topic twice, from two producers: both sent it',
  through: ['postgres'],
  layout: { front: 'api,worker', worker: 'worker', projector: 'projector', standby: 'projector' },
  loadMs: 12_000,
  async inflict(scene) {
    const { db, env, proxies } = scene;
    const { postgres } = proxies;
    if (postgres === undefined) throw new Error('this ground has no proxy before Postgres');
    const before = await endsOf(scene, env.KAFKA_TOPIC!);
    const leaders: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) leaders.push(await makeTwo(postgres, db));
    return async () => {
      await relayed(db, (await readPlaces(db)).log);
      const hits = countRepeated(await readSince(scene, env.KAFKA_TOPIC!, before));
      return { hits, note: `the lead was taken from ${leaders.join(', ')}` };
    };
  },
};

/** Returns who led before; resolves when its late answer has been let through. */
async function makeTwo(postgres: FaultProxy, db: pg.Pool): Promise<string> {
  let before: string | null = null;
  const look = atRelaysRead(async (): Promise<Reaction> => {
    const { log, relay } = await readPlaces(db);
    if (before !== null || log === relay) return 'pass';
    const leader = await findLeader(db, 'relay');
    if (leader === undefined) return 'pass';
    // From here on: nobody else is held.
    before = '';
    return {
      async withReply() {
        await db.query('select pg_terminate_backend($1)', [leader.pid]);
        await waitFor('a standby to send', async () => (await readPlaces(db)).relay > relay, TAKE_OVER_MS);
        before = leader.application;
        return 'pass' as const;
      },
    };
  });
  postgres.intercept(look);
  try {
    return await waitFor('a relay to have something to send', async () => before, ROUND_TIMEOUT_MS);
  } finally {
    postgres.intercept(null);
  }
}

/** Reacts to the reads of the log on connections that have to do with the relay's cursor. */
function atRelaysRead(react: () => Promise<Reaction>) {
  const relays = new Set<number>();
  return async (statement: Statement): Promise<Reaction> => {
    const { text, connection } = statement;
    if (isAboutRelay(statement)) relays.add(connection);
    return relays.has(connection) && text.includes('from log where position >') ? react() : 'pass';
  };
}
