import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { waitFor } from '../../../processes.ts';
import type { FaultProxy, Scenario, Scene } from '../scenario.ts';
import { type Offsets, withAdmin } from '../topics.ts';
import { listOf } from '../transactions.ts';

const BEFORE_MS = [1_000, 3_000] as const;
const AGAIN_MS = 90_000;
/** So many events of the run are applied before: on a slow machine that takes a while. */
const APPLIED_LEAST = 20;
const APPLIED_TIMEOUT_MS = 60_000;

/** What the consumers had committed is gone: everything that the topic has comes once more. */
export const offsetsLost: Scenario = {
  id: 'F15',
  title: "the consumers' offsets lost: the whole topic comes again",
  hit: "an event of the run, applied and its offset committed, that came to the projector's tables from that offset again",
  through: ['postgres'],
  async inflict(scene) {
    const { chance, db, fleet, proxies, beganAt } = scene;
    await sleep(chance.between(...BEFORE_MS));
    await waitFor(
      `${APPLIED_LEAST} events to be applied`,
      async () => (await listDelivered(db, scene.env.KAFKA_TOPIC!, beganAt)).length >= APPLIED_LEAST,
      APPLIED_TIMEOUT_MS,
    );
    await fleet.stop('projector');
    const committed = await readCommitted(scene);
    const applied = (await listDelivered(db, scene.env.KAFKA_TOPIC!, beganAt))
      .filter(({ partition, offset }) => offset < (committed.get(partition) ?? 0n))
      .map(({ partition, offset }) => `${partition}/${offset}`);
    const how = chance.pick(['deleted', 'set back'] as const);
    await loseOffsets(scene, how);
    const left = sum(await readCommitted(scene));
    if (left !== 0n) throw new Error(`offsets up to ${left} are still committed`);
    const delivered = watchDeliveries(proxies.postgres!);
    await fleet.start('projector');
    scene.healed();
    return async () => {
      const count = () => applied.filter((offset) => delivered.has(offset)).length;
      await waitFor('everything to be delivered again', async () => count() === applied.length, AGAIN_MS);
      proxies.postgres!.intercept(null);
      return {
        hits: count(),
        note: `the group was ${how}; ${delivered.size} messages came from the start on`,
      };
    };
  },
};

/** Where the group's consumers would go on; 0 where nothing is committed. */
function readCommitted({ env, ...scene }: Scene): Promise<Offsets> {
  return withAdmin({ ...scene, env }, async (admin) => {
    const topics = await admin.fetchOffsets({ groupId: env.KAFKA_GROUP!, topics: [env.KAFKA_TOPIC!] });
    const partitions = topics.flatMap((topic) => topic.partitions);
    return new Map(
      partitions.map(({ partition, offset }) => [partition, BigInt(Math.max(0, Number(offset)))]),
    );
  });
}

type Place = { readonly partition: number; readonly offset: bigint };

/** Where the events lie that were applied since an instant (ms since 1970). */
async function listDelivered(db: pg.Pool, topic: string, since: number): Promise<Place[]> {
  const { rows } = await db.query<Place>(
    'select partition, kafka_offset as offset from deliveries where topic = $1 and projected_at >= $2',
    [topic, new Date(since).toISOString()],
  );
  return rows;
}

/** The columns of the statement with which a projector notes what Kafka gave it (sql/kafka-deliveries.ts). */
const NOTED = { marks: 'insert into deliveries', partitions: 4, offsets: 5 };

/** Gathers where the messages lie that the projector applies from now on: what it skips as known is noted as well. */
function watchDeliveries(postgres: FaultProxy): ReadonlySet<string> {
  const delivered = new Set<string>();
  postgres.intercept(({ application, text, values }) => {
    if (application !== 'projector' || !text.includes(NOTED.marks)) return 'pass';
    const offsets = listOf(values[NOTED.offsets]);
    for (const [at, partition] of listOf(values[NOTED.partitions]).entries())
      delivered.add(`${partition}/${offsets[at]}`);
    return 'pass';
  });
  return delivered;
}

async function loseOffsets(scene: Scene, how: 'deleted' | 'set back'): Promise<void> {
  const [groupId, topic] = [scene.env.KAFKA_GROUP!, scene.env.KAFKA_TOPIC!];
  await withAdmin(scene, async (admin) => {
    if (how === 'deleted') await admin.deleteGroups([groupId]);
    else await admin.resetOffsets({ groupId, topic, earliest: true });
  });
}

function sum(offsets: Offsets): bigint {
  return [...offsets.values()].reduce((total, offset) => total + offset, 0n);
}
