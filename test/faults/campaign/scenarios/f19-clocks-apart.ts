import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { waitFor } from '../../../processes.ts';
import type { Scenario, Scene } from '../scenario.ts';

const LIBRARIES = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map(
  (machine) => `/usr/lib/${machine}/faketime/libfaketime.so.1`,
);
const BITE_TIMEOUT_MS = 90_000;
const RUN_MS = [3_000, 5_000] as const;

/**
 * Three more processes whose clocks are wrong: an API an hour behind, a worker an hour ahead, and one whose clock jumps
 * from one to the other. Nothing may be ordered or found due by a process's own clock alone.
 */
export const clocksApart: Scenario = {
  id: 'F19',
  title: "clocks an hour behind, an hour ahead, and jumping (Remit's processes)",
  hit: "an event whose time is more than half an hour off Postgres's",
  loadMs: 12_000,
  async inflict(scene) {
    const { chance, db, dir, fleet, load, beganAt } = scene;
    const suffix = beganAt.toString(36);
    const [behind, ahead, jumping] = [`behind-${suffix}`, `ahead-${suffix}`, `jumping-${suffix}`];
    const clock = join(dir, `clock-${suffix}`);
    const library = await findLibrary();
    const before = await countOff(db, beganAt);
    await setClock(clock, '+1h');
    await Promise.all([
      fleet.add(behind, 'api,worker', { env: fixed(library, '-1h') }),
      fleet.add(ahead, 'worker', { env: fixed(library, '+1h') }),
      fleet.add(jumping, 'api,worker', { env: jumpy(library, clock) }),
    ]);
    const right = fleet.url('front');
    load.useAddresses([right, fleet.url(behind), fleet.url(jumping)]);
    await waitFor('events from both wrong clocks', () => hasGrown(db, beganAt, before), BITE_TIMEOUT_MS);
    await sleep(chance.between(...RUN_MS));
    await setClock(clock, '-1h');
    await sleep(chance.between(...RUN_MS));
    await setClock(clock, '+0');
    load.useAddresses([right]);
    await endAll(scene, [behind, ahead, jumping]);
    const after = await countOff(db, beganAt);
    const [late, early] = [after.behind - before.behind, after.ahead - before.ahead];
    return { hits: late + early, note: `${late} an hour behind, ${early} an hour ahead` };
  },
};

async function endAll({ fleet }: Scene, names: readonly string[]): Promise<void> {
  const codes = await Promise.all(names.map((name) => fleet.stop(name)));
  if (codes.some((code) => code !== 0)) throw new Error(`the processes ended with ${codes.join(', ')}`);
}

/** Timers run by the monotonic clock, which no clock change moves; libfaketime must leave it alone. */
function fixed(library: string, offset: string): Record<string, string> {
  return { LD_PRELOAD: library, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}

/** Looks at the file again for each time that is asked for. */
function jumpy(library: string, file: string): Record<string, string> {
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
}

function setClock(file: string, offset: string): Promise<void> {
  return writeFile(file, `${offset}\n`);
}

async function findLibrary(): Promise<string> {
  for (const library of LIBRARIES) {
    const isThere = await access(library).then(
      () => true,
      () => false,
    );
    if (isThere) return library;
  }
  throw new Error('libfaketime is missing: install the package faketime (apt-get install faketime)');
}

type Off = { readonly behind: number; readonly ahead: number };

/** Off by half an hour or more from the time of this run, which takes minutes at most. */
async function countOff(db: pg.Pool, beganAt: number): Promise<Off> {
  const { rows } = await db.query<Off>(
    `select count(*) filter (where occurred_at < $1::timestamptz - interval '30 minutes')::int as behind,
       count(*) filter (where occurred_at > $1::timestamptz + interval '30 minutes')::int as ahead from events`,
    [new Date(beganAt).toISOString()],
  );
  return rows[0]!;
}

/** The workers take a while until they work: each side must have decided something. */
async function hasGrown(db: pg.Pool, beganAt: number, before: Off): Promise<boolean> {
  const { behind, ahead } = await countOff(db, beganAt);
  return behind > before.behind && ahead > before.ahead;
}
