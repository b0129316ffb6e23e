import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../../processes.ts';
import { listOpen } from '../open-commands.ts';
import type { Scenario, Scene } from '../scenario.ts';
import { countWorkflows } from '../transfers.ts';

const ROUNDS = 2;
const BEFORE_MS = [500, 2_000] as const;
const STRANDED = [2, 5] as const;
const STRAND_TIMEOUT_MS = 30_000;
const AWAY_MS = [0, 1_500] as const;

/**
 * The API's way to Temporal falls silent, so that it records commands and cannot start them; then it dies. Nobody but
 * the rows in Postgres knows of them: a sweeper must start them all.
 */
export const apiKilled: Scenario = {
  id: 'F1',
  title: "API killed after the command's commit",
  hit: 'a recorded command for which Temporal had no workflow when the API died',
  layout: { api: 'api', worker: 'worker', projector: 'projector' },
  through: ['temporal'],
  async inflict(scene) {
    let hits = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      await sleep(scene.chance.between(...BEFORE_MS));
      hits += await strand(scene);
      await sleep(scene.chance.between(...AWAY_MS));
      await scene.fleet.start('api');
    }
    return { hits };
  },
};

async function strand({ chance, db, fleet, parts, proxies }: Scene): Promise<number> {
  const proxy = proxies.temporal!;
  const stranded = async () => countWorkflows(parts.temporal.env.TEMPORAL_ADDRESS!, await listOpen(db), null);
  const least = chance.between(...STRANDED);
  proxy.pause();
  await waitFor(`${least} stranded commands`, async () => (await stranded()) >= least, STRAND_TIMEOUT_MS);
  await fleet.kill('api');
  const hits = await stranded();
  // What the dead one had sent must not arrive after all.
  proxy.cut();
  proxy.resume();
  return hits;
}
