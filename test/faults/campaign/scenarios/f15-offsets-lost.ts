import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../../processes.ts';
import type { Scenario, Scene } from '../scenario.ts';
import { type Offsets, withAdmin } from '../topics.ts';

const BEFORE_MS = [1_000, 3_000] as const;
const AGAIN_MS = 90_000;

/** What the consumers had committed is gone: everything that the topic has comes once more. */
export const offsetsLost: Scenario = {
  id: 'F15',
  title: "the consumers' offsets lost: the whole topic comes again",
  hit: 'an event that had been applied and was delivered again',
  async inflict(scene) {
    const { chance, fleet } = scene;
    await sleep(chance.between(...BEFORE_MS));
    await fleet.stop('projector');
    const committed = await readCommitted(scene);
    const how = chance.pick(['deleted', 'set back'] as const);
    await loseOffsets(scene, how);
    const left = sum(await readCommitted(scene));
    if (left !== 0n) throw new Error(`offsets up to ${left} are still committed`);
    await fleet.start('projector');
    await waitFor(
      'everything to be delivered again',
      async () => reaches(await readCommitted(scene), committed),
      AGAIN_MS,
    );
    return { hits: Number(sum(committed)), note: `the group was ${how}` };
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

function reaches(now: Offsets, then: Offsets): boolean {
  return [...then].every(([partition, offset]) => (now.get(partition) ?? 0n) >= offset);
}
