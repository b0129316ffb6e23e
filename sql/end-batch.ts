import type { BatchOf } from '../domain/batch.ts';
import type { Tenant } from '../domain/ids.ts';
import { refusal } from '../domain/refusals.ts';
import { isUndecided, TRANSFER_STATUSES } from '../domain/transfer.ts';
import type { Pool, PoolClient, Queryable } from '../platform/postgres.ts';
import { type Batch, readBatch } from './batches.ts';
import { type Changes, noChanges } from './draft.ts';
import { HEAD_OF_ITEM } from './head-of-item.ts';
import { type Outcome, outcomeName, readOutcomes } from './outcomes.ts';
import { allOf, inTransaction } from './transaction.ts';
import { writeDraft } from './write-draft.ts';

const DONE: Outcome = { result: 'done', refusal: null, detail: null };

/** A command about a batch that is decided in a transaction of its own. */
type Decision = {
  readonly tenant: Tenant;
  readonly batch: BatchOf;
  readonly at: string;
};

/**
 * Ends a batch's command: every item has ended or goes on in a workflow of its own. Acts once. Where the batch was
 * cancelled, those that wait are told (again, for they may have begun to wait after the cancellation looked).
 */
export function endBatch(pool: Pool, decision: Decision): Promise<Outcome> {
  return once(pool, decision, async (client, isCancelled) => ({
    outcome: DONE,
    nudged: isCancelled ? await readWaitingWorkflows(client, decision) : [],
  }));
}

/**
 * Cancels what a batch has not begun: from now on its debits cancel instead, and what waits is told to look. Acts
 * once for each command; a second one keeps the first one's reason. Refused as `batch-final` when all has ended.
 */
export function cancelBatch(pool: Pool, decision: Decision & { readonly reason: string }): Promise<Outcome> {
  return once(pool, decision, async (client) => {
    const { tenant, batch, at, reason } = decision;
    const found = await readBatch(client, tenant, batch.batchId);
    if (found === undefined) throw new Error(`there is no batch ${batch.batchId}`);
    if (found.counts.pending === 0) return { outcome: hasEnded(batch.batchId), nudged: [] };
    await client.query({
      name: 'cancel-batch',
      text: `update batches set cancelled_at = $3, cancel_reason = $4
             where tenant = $1 and batch_id = $2 and cancelled_at is null`,
      values: [tenant, batch.batchId, at, reason],
    });
    const cancelled: Batch = { ...found, cancelledAt: found.cancelledAt ?? at };
    const outcome = { ...DONE, detail: cancelled };
    return { outcome, nudged: await readWaitingWorkflows(client, decision) };
  });
}

function hasEnded(batchId: string): Outcome {
  const why = refusal('batch-final', `Every transfer of batch ${batchId} has ended.`);
  return { result: 'refused', refusal: why, detail: null };
}

type Work = (
  client: PoolClient,
  isCancelled: boolean,
) => Promise<{ readonly outcome: Outcome; readonly nudged: string[] }>;

/** Under the batch's lock, so that its end and a cancellation see each other. */
function once(pool: Pool, { tenant, batch, at }: Decision, work: Work): Promise<Outcome> {
  return inTransaction(pool, async (client) => {
    const isCancelled = await lockBatch(client, tenant, batch.batchId);
    const key = { subjectId: batch.commandId, leg: 'command' as const };
    const earlier = (await readOutcomes(client, tenant, [key])).get(outcomeName(key));
    if (earlier !== undefined) return earlier;
    const { outcome, nudged } = await work(client, isCancelled);
    const status = outcome.result === 'done' ? ('completed' as const) : ('refused' as const);
    const changes: Changes = {
      ...noChanges(tenant, at),
      outcomes: [{ ...key, ...outcome }],
      ends: [{ commandId: batch.commandId, status, refusal: outcome.refusal }],
      nudged,
    };
    await allOf(writeDraft(client, changes));
    return outcome;
  });
}

/** True where it was cancelled. @throws where there is no such batch */
async function lockBatch(client: PoolClient, tenant: Tenant, batchId: string): Promise<boolean> {
  const { rows } = await client.query<{ cancelled: boolean }>({
    name: 'lock-batch',
    text: `select cancelled_at is not null as cancelled from batches
           where tenant = $1 and batch_id = $2 for no key update`,
    values: [tenant, batchId],
  });
  if (rows[0] === undefined) throw new Error(`there is no batch ${batchId}`);
  return rows[0].cancelled;
}

/** The workflows of the batch's items that wait for their time or for a person. */
async function readWaitingWorkflows(db: Queryable, { tenant, batch }: Decision): Promise<string[]> {
  const { rows } = await db.query<{ workflow_id: string }>({
    // Without a name, see head-of-item.ts.
    text: `select w.workflow_id
           from batch_items i
           ${HEAD_OF_ITEM}
           cross join lateral (
             select workflow_id from expected_workflows
             where tenant = i.tenant and workflow_id = $1 || '/transfer/' || i.transfer_id limit 1
           ) as w
           where i.tenant = $1 and i.batch_id = $2 and h.state ->> 'status' = any($3)
           order by w.workflow_id`,
    values: [tenant, batch.batchId, TRANSFER_STATUSES.filter(isUndecided)],
  });
  return rows.map((row) => row.workflow_id);
}
