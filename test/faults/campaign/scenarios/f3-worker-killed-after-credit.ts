import { killAtCommit } from '../kill-at-commit.ts';
import { countWorkflows, workflowsOf } from '../transfers.ts';

/** The transfer is complete, and its workflow does not know: another worker runs the credit again and must find it. */
export const workerKilledAfterCredit = killAtCommit({
  id: 'F3',
  title: "worker killed after the credit's commit",
  hit: 'a transfer with its credit whose workflow still ran when the worker died that had just credited it',
  leg: 'credit',
  count: async ({ db, parts }, ids) =>
    countWorkflows(parts.temporal.env.TEMPORAL_ADDRESS!, await workflowsOf(db, ids), 'RUNNING'),
});
