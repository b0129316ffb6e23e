import { setTimeout as sleep } from 'node:timers/promises';
import { awaitOpen, listOpen } from '../open-commands.ts';
import type { Scenario } from '../scenario.ts';

const ROUNDS = 2;
const BEFORE_MS = [500, 2_000] as const;
const DOWN_MS = [500, 4_000] as const;

/** Temporal dies without warning and comes back on its file; what it had acknowledged goes on, the rest is swept. */
export const temporalKilled: Scenario = {
  id: 'F16',
  title: 'Temporal killed, and started again on its file',
  hit: 'a command that was not final when Temporal died',
  async inflict({ chance, db, killPart, startPart }) {
    let hits = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      await sleep(chance.between(...BEFORE_MS));
      await awaitOpen(db, 1);
      await killPart('temporal');
      hits += (await listOpen(db)).length;
      await sleep(chance.between(...DOWN_MS));
      await startPart('temporal');
    }
    return { hits };
  },
};
