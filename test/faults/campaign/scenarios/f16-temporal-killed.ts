import { setTimeout as sleep } from 'node:timers/promises';
import { sumHits } from '../rounds.ts';
import type { Scenario } from '../scenario.ts';
import { killTemporal } from '../temporal-death.ts';

const ROUNDS = { least: 3, more: 3 };
const BEFORE_MS = [500, 2_000] as const;
const DOWN_MS = [500, 4_000] as const;

/** Temporal dies without warning and comes back on its file; what it had acknowledged goes on, the rest is swept. */
export const temporalKilled: Scenario = {
  id: 'F16',
  title: 'Temporal killed, and started again on its file',
  hit: 'a workflow that Temporal ran right before it was killed, and whose command was not final then',
  async inflict(scene) {
    const hits = await sumHits(ROUNDS, async () => {
      await sleep(scene.chance.between(...BEFORE_MS));
      const running = await killTemporal(scene);
      await sleep(scene.chance.between(...DOWN_MS));
      await scene.startPart('temporal');
      return running.length;
    });
    return { hits };
  },
};
