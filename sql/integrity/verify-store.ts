import type { Pool } from '../../platform/postgres.ts';
import { readLogHead } from '../read-log.ts';
import { checkTenant } from './check-integrity.ts';
import { checkLog } from './check-log.ts';
import { type Checkpoint, createCheckpoint } from './checkpoint.ts';
import { compareCheckpoints } from './compare-checkpoints.ts';
import { type Progress, withSnapshots } from './snapshots.ts';
import { type Check, createTally, tallyOf } from './tally.ts';
import { findNextTenant } from './tenant-rows.ts';

export type Verified = {
  readonly ok: boolean;
  readonly tenants: number;
  /** In the log. */
  readonly events: bigint;
  readonly checks: readonly Check[];
  /** What differs from the checkpoint that was kept, in sentences. */
  readonly differences: readonly string[];
  /** Of the store as it was verified; null unless it was asked for. */
  readonly checkpoint: Checkpoint | null;
};

export type VerifyOptions = {
  readonly pools: { readonly readPool: Pool; readonly pool: Pool };
  readonly now: () => Date;
  readonly progress: Progress;
  /** Told once, before all else: how many events the log has. */
  readonly begin: (events: bigint) => void;
  readonly checkpoint: boolean;
  readonly against: Checkpoint | null;
};

/**
 * Proves the database of all tenants as it was at one instant, and compares it with a checkpoint that was kept. Memory
 * is bounded by pages and by what one checkpoint holds; the time grows with the events.
 */
export function verifyStore({
  pools,
  now,
  progress,
  begin,
  checkpoint,
  against,
}: VerifyOptions): Promise<Verified> {
  const tally = createTally();
  return withSnapshots(pools, { tally, progress, signal: null }, async (snapshots) => {
    const head = await readLogHead(snapshots.store);
    begin(head);
    let tenants = 0;
    for (let tenant = await findNextTenant(snapshots, ''); tenant !== null; ) {
      await checkTenant({ ...snapshots, tenant, tally: tallyOf(tally, tenant) });
      tenants += 1;
      tenant = await findNextTenant(snapshots, tenant);
    }
    const made = checkpoint ? createCheckpoint(head) : null;
    const anew = against === null ? null : createCheckpoint(BigInt(against.position));
    await checkLog(snapshots, (place) => {
      made?.follow(place);
      anew?.follow(place);
    });
    const at = now().toISOString();
    const differences =
      against === null || anew === null
        ? []
        : await compareCheckpoints(snapshots.store, head, against, anew.result(at));
    const checks = tally.result();
    const ok = differences.length === 0 && checks.every((check) => check.ok);
    return { ok, tenants, events: head, checks, differences, checkpoint: made?.result(at) ?? null };
  });
}
