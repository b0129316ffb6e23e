import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../../processes.ts';
import { countInFlight } from '../log-places.ts';
import type { Scenario, Scene } from '../scenario.ts';
import { campaignKafka } from '../topics.ts';

const TIMES = 5;
const EVERY_MS = 3_000;
const JOIN_TIMEOUT_MS = 30_000;
/** Of the newest events so many are looked at: more are never on their way at once in a healthy system. */
const LAST = 5_000;

/** A consumer that joins the projectors' group and leaves it, every 3 s: partitions are taken away and given back. */
export const rebalances: Scenario = {
  id: 'F13',
  title: "the consumers' group is rebalanced every 3 s",
  hit: 'a rebalance while events were on their way to the read tables',
  loadMs: TIMES * EVERY_MS + 2_000,
  async inflict(scene) {
    let [hits, events] = [0, 0];
    const look = async () => {
      const inFlight = await countInFlight(scene.db, LAST);
      if (inFlight > 0) hits += 1;
      events += inFlight;
    };
    for (let time = 0; time < TIMES; time += 1) await joinAndLeave(scene, look);
    return { hits, note: `${TIMES * 2} rebalances, ${events} events on their way in all` };
  },
};

/** Two rebalances; the guest reads what it is given and commits nothing, so it all comes to a projector later. */
async function joinAndLeave(scene: Scene, look: () => Promise<void>): Promise<void> {
  const guest = campaignKafka(scene).consumer({ groupId: scene.env.KAFKA_GROUP!, sessionTimeout: 15_000 });
  let joined = false;
  guest.on(guest.events.GROUP_JOIN, () => {
    joined = true;
  });
  try {
    await guest.connect();
    await guest.subscribe({ topic: scene.env.KAFKA_TOPIC!, fromBeginning: true });
    await look();
    await guest.run({ autoCommit: false, eachMessage: async () => undefined });
    await waitFor('the guest to join the group', async () => joined, JOIN_TIMEOUT_MS);
    await sleep(EVERY_MS / 2);
    await look();
  } finally {
    await guest.disconnect();
  }
  await sleep(EVERY_MS / 2);
}
