import { describe, expect, test, vi } from 'vitest';
import type { TransferId } from '../domain/ids.ts';
import { TRANSFER_IDS } from '../platform/search-attributes.ts';
import { readTransfer } from '../sql/read-transfer.ts';
import { GROUP_PATHS, walkGroup } from './group-paths.ts';
import { usePathParts } from './path-parts.ts';

const parts = usePathParts();

describe('every path of transfers that came together, on real Temporal and Postgres', {
  timeout: 240_000,
}, () => {
  test.each(GROUP_PATHS.map((path) => [path.name, path] as const))('%s', async (_, path) => {
    const { lab, handle } = await walkGroup(path, parts());
    const ids = path.transfers.map(({ transferId }) => transferId as TransferId);
    const found = await Promise.all(ids.map((id) => readTransfer(lab.pool, lab.tenant, id)));
    expect(found.map((one) => one?.transfer.status)).toEqual(path.ends);
    for (const [at, one] of found.entries()) {
      const isWaiting = path.ends[at] === 'awaiting_approval';
      const own = `${lab.tenant}/transfer/${ids[at]}`;
      expect(one?.command.workflowId).toBe(isWaiting ? own : handle.workflowId);
    }
    // Each is found in the Web UI by its own id.
    await vi.waitFor(
      async () => {
        const query = `${TRANSFER_IDS.name} = '${ids[0]}' and WorkflowId = '${handle.workflowId}'`;
        expect((await lab.client.workflow.count(query)).count).toBe(1);
      },
      { timeout: 30_000, interval: 200 },
    );
    await lab.close();
  });
});
