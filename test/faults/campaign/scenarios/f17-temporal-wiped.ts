import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sumHits } from '../rounds.ts';
import type { Scenario } from '../scenario.ts';
import { killTemporal } from '../temporal-death.ts';
import { countForgotten } from '../transfers.ts';

const ROUNDS = { least: 2, more: 4 };
const BEFORE_MS = [1_000, 2_500] as const;
const DOWN_MS = [0, 2_000] as const;
/** SQLite's file, and what lies beside it while it is written to: a clean end may have removed those. */
const FILE = 'temporal.db';
const BESIDE = ['temporal.db-wal', 'temporal.db-shm'];

/** All that Temporal knew is gone: Postgres alone must bring every command to its end, each leg once. */
export const temporalWiped: Scenario = {
  id: 'F17',
  title: "Temporal's state wiped",
  hit: 'a workflow run that Temporal ran before, of a command that was not final then, and that it did not know afterwards',
  async inflict(scene) {
    const hits = await sumHits(ROUNDS, async () => {
      await sleep(scene.chance.between(...BEFORE_MS));
      const running = await killTemporal(scene);
      await rm(join(scene.dir, FILE));
      for (const file of BESIDE) await rm(join(scene.dir, file), { force: true });
      await sleep(scene.chance.between(...DOWN_MS));
      await scene.startPart('temporal');
      return countForgotten(scene.parts.temporal.env.TEMPORAL_ADDRESS!, running);
    });
    return { hits };
  },
};
