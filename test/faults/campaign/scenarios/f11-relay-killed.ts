import { setTimeout as sleep } from 'node:timers/promises';
import type { Chance } from '../../../../cli/demo/chance.ts';
import { isAboutRelay, readPlaces, relayed } from '../log-places.ts';
import type { FaultProxy, Fleet, Reaction, Scenario, Statement } from '../scenario.ts';
import { countRepeated, endsOf, readSince } from '../topics.ts';
import { within } from '../within.ts';

const KILLS = 3;
const BETWEEN_MS = 500;
/** How many cursors are saved before one is lost. */
const SPARED = [1, 20] as const;
const KILL_TIMEOUT_MS = 60_000;

/** The relay dies after Kafka has acknowledged a batch and before its cursor is saved: it will be sent once more. */
export const relayKilled: Scenario = {
  id: 'F11',
  title: 'relay killed between a send and saving its cursor',
  hit: 'an event that is on the topic twice, from two producers: the relay that was killed and the one after it',
  through: ['postgres'],
  async inflict(scene) {
    const { chance, db, env, fleet, proxies } = scene;
    const { postgres } = proxies;
    if (postgres === undefined) throw new Error('this ground has no proxy before Postgres');
    const before = await endsOf(scene, env.KAFKA_TOPIC!);
    for (let kill = 0; kill < KILLS; kill += 1) {
      await killAtCursor(postgres, fleet, chance);
      await fleet.start('projector');
      scene.healed();
      await sleep(BETWEEN_MS);
    }
    return async () => {
      await relayed(db, (await readPlaces(db)).log);
      const hits = countRepeated(await readSince(scene, env.KAFKA_TOPIC!, before));
      return { hits, note: `the relay was killed ${KILLS} times` };
    };
  },
};

/** Kills the projector as it saves the relay's cursor; the statement never reaches Postgres. */
async function killAtCursor(postgres: FaultProxy, fleet: Fleet, chance: Chance): Promise<void> {
  let spared = chance.between(...SPARED);
  const killed = new Promise<void>((resolve, reject) => {
    postgres.intercept(async (statement): Promise<Reaction> => {
      if (!savesCursor(statement)) return 'pass';
      spared -= 1;
      if (spared > 0) return 'pass';
      postgres.intercept(null);
      await fleet.kill('projector').then(resolve, reject);
      throw new Error('the process that sent this statement is dead');
    });
  });
  try {
    await within('waiting for the relay to save its cursor', KILL_TIMEOUT_MS, killed);
  } finally {
    postgres.intercept(null);
  }
}

function savesCursor(statement: Statement): boolean {
  return isAboutRelay(statement) && statement.text.includes('insert into');
}
