import { toTransactions } from '../sql/projections/transaction-rows.ts';
import { upsertTransactions } from '../sql/projections/transactions.ts';
import { followsAccounts, pureProjection } from './projection.ts';

/** Every movement of an account, with the balance before and after it. */
export const transactions = pureProjection({
  name: 'transactions',
  follows: followsAccounts,
  toRows: toTransactions,
  write: ({ client, target }, rows) => upsertTransactions(client, target.generation, rows),
});
