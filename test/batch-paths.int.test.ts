import { describe, expect, test, vi } from 'vitest';
import { readBatch } from '../sql/batches.ts';
import { BATCH_PATHS, walkBatch } from './batch-paths.ts';
import { usePathParts } from './path-parts.ts';

const parts = usePathParts();

const none = { completed: 0, rejected: 0, refunded: 0, cancelled: 0, needsAttention: 0, pending: 0 };

describe('every path through a batch, on real Temporal and Postgres', { timeout: 240_000 }, () => {
  test.each(BATCH_PATHS.map((path) => [path.name, path] as const))('%s', async (_, path) => {
    const { lab, command, result } = await walkBatch(path, parts());
    const total = path.transfers.length;
    if (path.last === undefined) expect(result).toEqual({ ...none, total, ...path.ends });
    const code = path.name === 'cancel-batch-refused' ? 'batch-final' : undefined;
    expect([command.status, command.refusal?.code]).toEqual([code ? 'refused' : 'completed', code]);
    if (path.name === 'cancel-batch') {
      // What waits is nudged, looks, and is cancelled.
      await vi.waitFor(
        async () => {
          const batch = await readBatch(lab.pool, lab.tenant, 'batch');
          expect(batch?.counts).toMatchObject({ ...path.ends, cancelled: 1, pending: 0 });
        },
        { timeout: 60_000, interval: 100 },
      );
    }
    const { rows } = await lab.pool.query<{ held: string }>(
      `select sum((state ->> 'balanceMinor')::bigint)::text as held from heads
       where tenant = $1 and stream_id like 'account-%'`,
      [lab.tenant],
    );
    expect(rows[0]?.held).toBe('100000');
    await lab.close();
  });
});
