import type { Fleet } from './scenario.ts';

/** A connection of a process that was broken, at an instant (ms since 1970). */
export type Broken = { readonly application: string; readonly at: number };

/** What platform/postgres.ts logs once for each connection that is lost. */
const LOST = 'a Postgres connection was lost';
/** A process notices at once; a machine that is busy may let it wait. */
const NOTICED_WITHIN_MS = 3_000;

/**
 * Those of these whose process logged the loss of a connection right afterwards. Each line stands for one of them: the
 * proxy and the process have no name for a connection in common, so they are paired in the order of time.
 */
export async function listNoticed<One extends Broken>(fleet: Fleet, broken: readonly One[]): Promise<One[]> {
  const names = [...new Set(broken.map(({ application }) => application))];
  const noticed = await Promise.all(
    names.map(async (name) => {
      const own = broken
        .filter(({ application }) => application === name)
        .sort((one, other) => one.at - other.at);
      return pair(own, await lossesOf(fleet, name));
    }),
  );
  return noticed.flat();
}

/** When a process lost a connection, in order. */
async function lossesOf(fleet: Fleet, name: string): Promise<number[]> {
  const lines = await fleet.readLog(name);
  return lines.filter(({ msg }) => msg === LOST).map(({ time }) => Number(time));
}

function pair<One extends Broken>(broken: readonly One[], losses: readonly number[]): One[] {
  const open = [...losses];
  return broken.filter(({ at }) => {
    const place = open.findIndex((time) => time >= at && time <= at + NOTICED_WITHIN_MS);
    if (place >= 0) open.splice(place, 1);
    return place >= 0;
  });
}
