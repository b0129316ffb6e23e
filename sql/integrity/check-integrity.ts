import type { Tenant } from '../../domain/ids.ts';
import type { Pool } from '../../platform/postgres.ts';
import { checkLog } from './check-log.ts';
import { checkStrays } from './check-strays.ts';
import { checkStreams } from './check-streams.ts';
import { checkTotals } from './check-totals.ts';
import { checkTransfers } from './check-transfers.ts';
import { type Snapshots, withSnapshots } from './snapshots.ts';
import { type Check, createTally, type Tally } from './tally.ts';
import { readTrialSums } from './total-rows.ts';
import { createTransit, type Transit } from './transit.ts';

export type Integrity = {
  readonly ok: boolean;
  /** The log's last position that was looked at. */
  readonly position: bigint;
  readonly checks: readonly Check[];
};

/**
 * Proves that one tenant's store is whole and that the read tables say what it says, while transfers run: both sides
 * are snapshots, and a row of the read tables is compared with the fold at its own version. Memory is bounded by
 * pages; the time grows with the number of events.
 * @throws the reason of `signal` soon after it is aborted, whatever is left to look at.
 * @example const { ok, checks } = await checkIntegrity(readPool, pool, tenant);
 */
export async function checkIntegrity(
  readPool: Pool,
  pool: Pool,
  tenant: Tenant,
  signal: AbortSignal | null = null,
): Promise<Integrity> {
  const tally = createTally();
  const parts = { tally, signal, progress: () => undefined };
  const position = await withSnapshots({ readPool, pool }, parts, async (snapshots) => {
    await checkTenant({ ...snapshots, tenant });
    return checkLog(snapshots);
  });
  const checks = tally.result();
  return { ok: checks.every((check) => check.ok), position, checks };
}

/** Everything that can be said of one tenant; the log is all tenants'. */
export async function checkTenant(snapshots: Snapshots): Promise<void> {
  const transit = createTransit();
  await checkStreams(snapshots, transit);
  await checkTransfers(snapshots, transit);
  checkTransit(transit, snapshots.tally);
  await checkStrays(snapshots);
  await checkTotals(snapshots);
  await checkTrialBalance(snapshots);
}

function checkTransit(transit: Transit, tally: Tally): void {
  for (const { place, currency, eventsMinor, headsMinor } of transit.sums()) {
    const check = place === 'transit' ? 'transit-equals-in-flight' : 'suspense-equals-parked';
    tally.expect(check, eventsMinor === headsMinor, () => {
      return `${currency}: events leave ${eventsMinor} in ${place}, transfers there are ${headsMinor}`;
    });
  }
}

async function checkTrialBalance({ read, tenant, tally }: Snapshots): Promise<void> {
  for (const { currency, sumMinor } of await readTrialSums(read, tenant)) {
    tally.expect(
      'trial-balance-zero',
      sumMinor === '0',
      () => `${currency}: the balances sum to ${sumMinor}`,
    );
  }
}
