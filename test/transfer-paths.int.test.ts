import { describe, expect, test, vi } from 'vitest';
import type { TransferId } from '../domain/ids.ts';
import { readTransfer } from '../sql/read-transfer.ts';
import { usePathParts } from './path-parts.ts';
import { TRANSFER_PATHS, walkTransfer } from './transfer-paths.ts';

const parts = usePathParts();

describe('every path of transfers that wait or are parked, on real Temporal and Postgres', () => {
  test.each(TRANSFER_PATHS.map((path) => [path.name, path] as const))('%s', async (_, path) => {
    const { lab } = await walkTransfer(path, parts());
    const left = path.ends.transfer === 'needs_attention' ? ['parkedTransfer'] : [];
    await vi.waitFor(
      async () => {
        const found = await readTransfer(lab.pool, lab.tenant, 'pay' as TransferId);
        const { status, refusal } = found?.transfer ?? {};
        expect([status, refusal?.code ?? null]).toEqual([path.ends.transfer, path.ends.code]);
        const { rows } = await lab.pool.query<{ type: string }>(
          'select workflow_type as type from expected_workflows where tenant = $1',
          [lab.tenant],
        );
        expect(rows.map(({ type }) => type)).toEqual(left);
      },
      { timeout: 20_000, interval: 100 },
    );
    await lab.close();
  });
});
