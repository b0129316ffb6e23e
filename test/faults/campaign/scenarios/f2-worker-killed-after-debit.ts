import { killAtCommit } from '../kill-at-commit.ts';
import { listHalfDone } from '../transfers.ts';

/** The money has left its source, and nobody who lives knows it: another worker must find the debit and go on. */
export const workerKilledAfterDebit = killAtCommit({
  id: 'F2',
  title: "worker killed after the debit's commit",
  hit: 'a transfer with a debit and without a credit when the worker died that had just debited it',
  leg: 'debit',
  count: async ({ db }, ids) => (await listHalfDone(db, ids, { done: 'debit', missing: 'credit' })).length,
});
