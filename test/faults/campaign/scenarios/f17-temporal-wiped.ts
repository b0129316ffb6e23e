import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { awaitOpen, listOpen } from '../open-commands.ts';
import type { Scenario } from '../scenario.ts';

const BEFORE_MS = [1_000, 2_500] as const;
const DOWN_MS = [0, 2_000] as const;
const FILES = ['temporal.db', 'temporal.db-wal', 'temporal.db-shm'];

/** All that Temporal knew is gone: Postgres alone must bring every command to its end, each leg once. */
export const temporalWiped: Scenario = {
  id: 'F17',
  title: "Temporal's state wiped",
  hit: "a command that was not final when Temporal's state was deleted",
  async inflict({ chance, db, dir, killPart, startPart }) {
    await sleep(chance.between(...BEFORE_MS));
    await awaitOpen(db, 2);
    await killPart('temporal');
    const hits = (await listOpen(db)).length;
    for (const file of FILES) await rm(join(dir, file), { force: true });
    await sleep(chance.between(...DOWN_MS));
    await startPart('temporal');
    return { hits };
  },
};
