import type { Tenant } from '../../domain/ids.ts';
import type { Pool } from '../../platform/postgres.ts';
import { readTrialBalance } from '../trial-balance.ts';
import { checkStrays } from './check-strays.ts';
import { checkStreams } from './check-streams.ts';
import { checkTotals } from './check-totals.ts';
import { checkTransfers } from './check-transfers.ts';
import { type Snapshots, withSnapshots } from './snapshots.ts';
import { countLog } from './store-rows.ts';
import { type Check, createTally, type Tally } from './tally.ts';
import { createTransit, type Transit } from './transit.ts';

export type Integrity = {
  readonly ok: boolean;
  /** The log's last position that was looked at. */
  readonly position: bigint;
  readonly checks: readonly Check[];
};

/**
 * Proves that the store is whole and that the read tables say what it says, while transfers run: both sides are
 * snapshots, and a row of the read tables is compared with the fold at its own version. Memory is bounded by
 * pages; the time grows with the number of events.
 * @example const { ok, checks } = await checkIntegrity(readPool, pool, tenant);
 */
export async function checkIntegrity(readPool: Pool, pool: Pool, tenant: Tenant): Promise<Integrity> {
  const tally = createTally();
  const position = await withSnapshots({ readPool, pool }, { tenant, tally }, async (snapshots) => {
    const transit = createTransit();
    await checkStreams(snapshots, transit);
    await checkTransfers(snapshots, transit);
    checkTransit(transit, tally);
    await checkStrays(snapshots);
    await checkTotals(snapshots);
    return checkLog(snapshots);
  });
  await checkTrialBalance(readPool, tenant, tally);
  const checks = tally.result();
  return { ok: checks.every((check) => check.ok), position, checks };
}

function checkTransit(transit: Transit, tally: Tally): void {
  for (const { place, currency, eventsMinor, headsMinor } of transit.sums()) {
    const check = place === 'transit' ? 'transit-equals-in-flight' : 'suspense-equals-parked';
    tally.expect(check, eventsMinor === headsMinor, () => {
      return `${currency}: events leave ${eventsMinor} in ${place}, transfers there are ${headsMinor}`;
    });
  }
}

async function checkLog({ store, tally, breathe }: Snapshots): Promise<bigint> {
  const { events, logged, waiting, lowest, highest, head } = await countLog(store, breathe);
  tally.expect('log-gapless', logged === highest && lowest <= 1n && head === highest, () => {
    return `log has ${logged} rows from position ${lowest} to ${highest}, its head is ${head}`;
  });
  tally.expect('log-gapless', events === logged + waiting, () => {
    return `of ${events} events ${logged} are in the log and ${waiting} wait in the outbox`;
  });
  return head;
}

async function checkTrialBalance(readPool: Pool, tenant: Tenant, tally: Tally): Promise<void> {
  const { rows } = await readTrialBalance(readPool, tenant);
  for (const currency of new Set(rows.map((row) => row.currency))) {
    const sumMinor = rows
      .filter((row) => row.currency === currency)
      .reduce((sum, row) => sum + row.creditsMinor - row.debitsMinor, 0n);
    tally.expect('trial-balance-zero', sumMinor === 0n, () => `${currency}: the balances sum to ${sumMinor}`);
  }
}
