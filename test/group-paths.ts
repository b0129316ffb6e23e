import type { Activities } from '../activities/index.ts';
import type { CommandRequest } from '../dispatch/dispatcher.ts';
import type { TransferStatus } from '../domain/transfer.ts';
import { groupWorkflowId } from '../domain/workflow-ids.ts';
import { createLab, openAccount, transfer } from './lab.ts';
import type { Parts } from './saga-paths.ts';

/** One way that the workflow of transfers that came together can go. */
export type GroupPath = {
  readonly name: string;
  readonly transfers: readonly Extract<CommandRequest, { type: 'transfer' }>[];
  readonly env?: Record<string, string>;
  readonly wrap?: (real: Activities) => Partial<Activities>;
  /** What each of them came to, in their order. */
  readonly ends: readonly TransferStatus[];
};

const pay = (at: number, to = 'b', amountMinor = 1n) => transfer(`t${at}`, 'a', to, amountMinor);

/** Every path of transferGroup. A new path belongs here: its history is then replayed for ever. */
export const GROUP_PATHS: readonly GroupPath[] = [
  {
    name: 'group-completed',
    transfers: [pay(1), pay(2), pay(3)],
    ends: ['completed', 'completed', 'completed'],
  },
  {
    name: 'group-with-refusals',
    transfers: [pay(1), pay(2, 'b', 1_000_000n), pay(3, 'nobody')],
    ends: ['completed', 'rejected', 'refunded'],
  },
  {
    name: 'group-compensated-at-the-deadline',
    env: { SAGA_DEADLINE_MS: '2500' },
    wrap: () => ({ credit: outage, creditRange: outage }),
    transfers: [pay(1), pay(2)],
    ends: ['refunded', 'refunded'],
  },
  {
    name: 'group-with-one-that-waits',
    env: { APPROVAL_THRESHOLDS: 'EUR:5.00' },
    transfers: [pay(1), pay(2, 'b', 501n)],
    ends: ['completed', 'awaiting_approval'],
  },
];

function outage(): Promise<never> {
  return Promise.reject(new Error('connect ECONNREFUSED'));
}

/** Walks a path on real parts. The lab is still open: look at what happened, then close it. */
export async function walkGroup(path: GroupPath, parts: Parts) {
  const lab = await createLab({
    ...parts,
    env: { TRANSFER_GROUPING: 'always', ...path.env },
    ...(path.wrap && { wrap: path.wrap }),
  });
  await lab.run(openAccount('a', 100_000n));
  await lab.run(openAccount('b', 0n));
  const commands = await Promise.all(path.transfers.map((request) => lab.run(request)));
  const { rows } = await lab.pool.query<{ id: string }>(
    'select group_id as id from transfer_groups where tenant = $1',
    [lab.tenant],
  );
  if (rows[0] === undefined || rows.length > 1) throw new Error(`they came in ${rows.length} groups`);
  const handle = lab.client.workflow.getHandle(groupWorkflowId(lab.tenant, rows[0].id));
  await handle.result();
  return { lab, handle, commands };
}
