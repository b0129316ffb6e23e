import type { Activities } from '../activities/index.ts';
import type { CommandRequest } from '../dispatch/dispatcher.ts';
import type { BatchCounts } from '../domain/batch.ts';
import type { CommandId } from '../domain/ids.ts';
import { createLab, type Lab, type LabOptions, openAccount, transfer } from './lab.ts';
import type { Parts } from './saga-paths.ts';

/** A path through a batch: how to bring it about, and how its items stand when the workflow has ended. */
export type BatchPath = {
  readonly name: string;
  readonly env?: Record<string, string>;
  readonly wrap?: LabOptions['wrap'];
  readonly transfers: readonly ReturnType<typeof transfer>[];
  /** Asked when the batch's workflow has ended: then its history is the one of the path. */
  readonly last?: CommandRequest;
  /** A batch that continued as new has a history for each run; the path's is the first. */
  readonly run?: 'first';
  readonly ends: Partial<BatchCounts>;
};

const outage = (): Promise<never> => Promise.reject(new Error('connect ECONNREFUSED'));
const SHORT_DEADLINE = { SAGA_DEADLINE_MS: '2500' };
const pay = (at: number, to = 'b', amountMinor = 1n) => transfer(`t${at}`, 'a', to, amountMinor);
const later = { ...pay(9), executeAt: '2099-01-01T00:00:00.000Z' };
const MANY = 5_001;

/** Cancels the batch before its first debit. */
function cancelFirst(real: Activities): Partial<Activities> {
  return {
    async debitRange(range) {
      if (!('batch' in range)) throw new Error('a batch debits its own range');
      const batch = { ...range.batch, commandId: 'cancel-1' as CommandId };
      await real.cancelBatch({ tenant: range.tenant, batch, reason: 'test' });
      return real.debitRange(range);
    },
  };
}

/** Every path of transferBatch and cancelBatch. A new path belongs here: its history is then replayed for ever. */
export const BATCH_PATHS: readonly BatchPath[] = [
  { name: 'batch-completed', transfers: [pay(1), pay(2), pay(3)], ends: { completed: 3 } },
  {
    name: 'batch-with-refusals',
    transfers: [pay(1), pay(2, 'b', 1_000_000n), pay(3, 'nobody'), later],
    ends: { completed: 1, rejected: 1, refunded: 1, pending: 1 },
  },
  {
    name: 'batch-compensated-at-the-deadline',
    env: SHORT_DEADLINE,
    wrap: () => ({ creditRange: outage }),
    transfers: [pay(1), pay(2)],
    ends: { refunded: 2 },
  },
  { name: 'batch-cancelled', wrap: cancelFirst, transfers: [pay(1), pay(2)], ends: { cancelled: 2 } },
  {
    name: 'batch-continued-as-new',
    transfers: Array.from({ length: MANY }, (_, at) => pay(at)),
    run: 'first',
    ends: { completed: MANY },
  },
  {
    name: 'cancel-batch',
    transfers: [pay(1), later],
    last: { type: 'cancelBatch', batchId: 'batch', reason: 'test' },
    ends: { completed: 1 },
  },
  {
    name: 'cancel-batch-refused',
    transfers: [pay(1)],
    last: { type: 'cancelBatch', batchId: 'batch', reason: 'test' },
    ends: { completed: 1 },
  },
];

const MAX_WAIT_MS = 180_000;

/** Walks a path on real parts. The lab is still open: look at what happened, then close it. */
export async function walkBatch(path: BatchPath, parts: Parts) {
  const lab = await createLab({
    ...parts,
    ...(path.env && { env: path.env }),
    ...(path.wrap && { wrap: path.wrap }),
  });
  await lab.run(openAccount('a', 100_000n));
  await lab.run(openAccount('b', 0n));
  const transfers = path.transfers.map(({ type: _, ...asked }) => asked);
  const batch = await lab.run({ type: 'transferBatch', batchId: 'batch', transfers }, MAX_WAIT_MS);
  const command = path.last === undefined ? batch : await lab.run(path.last);
  const ended = lab.client.workflow.getHandle(command.workflowId!);
  const result: unknown = await ended.result();
  return { lab, command, handle: await runOf(lab, path, command.workflowId!), result };
}

async function runOf({ client }: Lab, { run }: BatchPath, workflowId: string) {
  if (run === undefined) return client.workflow.getHandle(workflowId);
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const firstRunId = raw.workflowExecutionInfo?.firstRunId;
  if (!firstRunId) throw new Error(`Temporal does not tell the first run of ${workflowId}`);
  return client.workflow.getHandle(workflowId, firstRunId);
}
