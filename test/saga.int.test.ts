import { describe, expect, test } from 'vitest';
import { type TransferId, transferStream } from '../domain/ids.ts';
import { readHead } from '../sql/lock-heads.ts';
import { usePathParts } from './path-parts.ts';
import { SAGA_PATHS, walk } from './saga-paths.ts';

const parts = usePathParts();

type Total = { balance: bigint; moved: bigint };

describe('every path through the workflows, on real Temporal and Postgres', () => {
  test.each(SAGA_PATHS.map((path) => [path.name, path] as const))('%s', async (_, path) => {
    const { lab, command, result } = await walk(path, parts());
    expect([command.status, command.refusal?.code]).toEqual([path.ends.status, path.ends.code]);
    if (path.ends.transfer !== undefined) {
      const head = await readHead(lab.pool, lab.tenant, transferStream('pay' as TransferId));
      expect([head?.state.status, result]).toEqual([
        path.ends.transfer,
        [{ transferId: 'pay', status: path.ends.transfer }],
      ]);
    }
    // Whatever the path: what the accounts hold, plus what is parked, is what came in less what went out.
    const { rows } = await lab.pool.query<Total>(
      `select
         (select coalesce(sum((state->>'balanceMinor')::bigint), 0)::bigint from heads
           where tenant = $1 and stream_id like 'account-%') as balance,
         (select coalesce(sum(case type when 'MoneyDeposited' then 1 when 'MoneyWithdrawn' then -1 when 'RefundParked' then -1 else 0 end
           * (data->>'amountMinor')::bigint), 0)::bigint from events where tenant = $1) as moved`,
      [lab.tenant],
    );
    expect(rows[0]?.balance).toBe(rows[0]?.moved);
    await lab.close();
  });
});
