import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { waitFor } from '../../../processes.ts';
import type { Scenario, Scene } from '../scenario.ts';
import { campaignKafka } from '../topics.ts';

const TIMES = 5;
const EVERY_MS = 3_000;
const JOIN_TIMEOUT_MS = 30_000;
/** What kafkajs logs when its consumer learns that partitions are dealt out anew, before it asks for its share. */
const REBALANCE = /^The group is rebalancing/;

/** A consumer that joins the projectors' group and leaves it, every 3 s: partitions are taken away and given back. */
export const rebalances: Scenario = {
  id: 'F13',
  title: "the consumers' group is rebalanced every 3 s",
  hit: "a rebalance in the projector's log, in whose instant an event was sent to Kafka and not yet in the read tables",
  loadMs: TIMES * EVERY_MS + 2_000,
  async inflict(scene) {
    for (let time = 0; time < TIMES; time += 1) await joinAndLeave(scene);
    return async () => {
      const instants = await listRebalances(scene);
      const onTheirWay = await countOnTheirWay(scene.db, instants);
      return {
        hits: onTheirWay.filter((events) => events > 0).length,
        note: `${instants.length} rebalances, up to ${Math.max(0, ...onTheirWay)} events on their way in one`,
      };
    };
  },
};

/** Two rebalances; the guest reads what it is given and commits nothing, so it all comes to a projector later. */
async function joinAndLeave(scene: Scene): Promise<void> {
  const guest = campaignKafka(scene).consumer({ groupId: scene.env.KAFKA_GROUP!, sessionTimeout: 15_000 });
  let joined = false;
  guest.on(guest.events.GROUP_JOIN, () => {
    joined = true;
  });
  try {
    await guest.connect();
    await guest.subscribe({ topic: scene.env.KAFKA_TOPIC!, fromBeginning: true });
    await guest.run({ autoCommit: false, eachMessage: async () => undefined });
    await waitFor('the guest to join the group', async () => joined, JOIN_TIMEOUT_MS);
    await sleep(EVERY_MS / 2);
  } finally {
    await guest.disconnect();
  }
  scene.healed();
  await sleep(EVERY_MS / 2);
}

/** When the projector learned of a rebalance in this run, in ms since 1970. */
async function listRebalances({ fleet, beganAt }: Scene): Promise<number[]> {
  const lines = await fleet.readLog('projector');
  return lines
    .filter(({ msg, time }) => REBALANCE.test(String(msg)) && Number(time) >= beganAt)
    .map(({ time }) => Number(time));
}

/** How many events had been sent by each instant, and came to the read tables after it. */
async function countOnTheirWay(db: pg.Pool, instants: readonly number[]): Promise<number[]> {
  const { rows } = await db.query<{ events: number }>(
    `select (select count(*) from deliveries where sent_at <= instant and projected_at > instant)::int as events
     from unnest($1::timestamptz[]) as instant`,
    [instants.map((instant) => new Date(instant).toISOString())],
  );
  return rows.map(({ events }) => events);
}
