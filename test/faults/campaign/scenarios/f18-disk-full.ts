import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { isOutage } from '../../../../platform/postgres.ts';
import type { Part } from '../../../../stack/part.ts';
import type { Scenario, Scene } from '../scenario.ts';
import { mountSmallDisk, type SmallDisk, smallDisk } from '../small-disk.ts';

const BEFORE_MS = [1_000, 2_000] as const;
const FULL_MS = [2_000, 5_000] as const;
const FILL_EVERY_MS = 200;
const BITE_TIMEOUT_MS = 45_000;
const RECOVERY_TIMEOUT_MS = 60_000;
const REFUSAL = 'No space left on device';

/** Postgres's disk is filled to the last byte: it refuses to write, or stops until there is room again. */
export const diskFull: Scenario = {
  id: 'F18',
  title: "Postgres's disk full, then freed",
  hit: 'a write that Postgres refused for lack of space',
  loadMs: 12_000,
  prepare: ({ dir }) => mountSmallDisk(dir),
  async inflict(scene) {
    const { chance, db, dir, parts } = scene;
    const withLog = chance.between(0, 1) === 1;
    const before = await countRefusals(dir);
    const refusals = async () => (await countRefusals(dir)) - before;
    const disk = smallDisk(dir);
    await sleep(chance.between(...BEFORE_MS));
    try {
      await fillUntil(disk, async () => (await refusals()) > 0, BITE_TIMEOUT_MS);
      const until = Date.now() + chance.between(...FULL_MS);
      const isOver = async () => {
        if (withLog) await wantLog(db);
        return Date.now() > until;
      };
      await fillUntil(disk, isOver, BITE_TIMEOUT_MS);
    } finally {
      await disk.free();
    }
    scene.healed();
    const stopped = await recover(parts.postgres, scene);
    return { hits: await refusals(), note: stopped ? 'Postgres stopped for it' : 'Postgres went on' };
  },
};

/**
 * Makes Postgres begin a new segment of its log: without room for one it stops, by a PANIC, and with it this query.
 * Otherwise the segments that it has may last until there is room again.
 */
async function wantLog(db: pg.Pool): Promise<void> {
  await db.query('select pg_switch_wal()').catch((error: unknown) => {
    if (!isOutage(error)) throw error;
  });
}

/** Keeps the disk full, for Postgres itself sets room free now and then. */
async function fillUntil(disk: SmallDisk, check: () => Promise<boolean>, timeoutMs: number): Promise<void> {
  const until = Date.now() + timeoutMs;
  while (!(await check())) {
    if (Date.now() > until) throw new Error(`a full disk did not bite within ${timeoutMs} ms`);
    await disk.fill();
    await sleep(FILL_EVERY_MS);
  }
}

async function countRefusals(dir: string): Promise<number> {
  return (await readFile(join(dir, 'postgres.log'), 'utf8')).split(REFUSAL).length - 1;
}

/** Where not even the log could be written Postgres ends, and is started again as an operator would; true then. */
async function recover(postgres: Part, { startPart }: Pick<Scene, 'startPart'>): Promise<boolean> {
  const until = Date.now() + RECOVERY_TIMEOUT_MS;
  for (;;) {
    const ended = postgres.ended().then(() => true);
    if (await Promise.race([ended, sleep(500, false)])) {
      await postgres.down();
      await startPart('postgres');
      return true;
    }
    if (await answers(postgres)) return false;
    if (Date.now() > until) throw new Error(`Postgres was not back within ${RECOVERY_TIMEOUT_MS} ms`);
  }
}

function answers(postgres: Part): Promise<boolean> {
  return postgres.health().then(
    () => true,
    () => false,
  );
}
