import type { ProjectionName } from '../sql/read-projections.ts';
import { balances } from './balances.ts';
import { journal } from './journal.ts';
import type { Projection } from './projection.ts';
import { transactions } from './transactions.ts';
import { transfers } from './transfers.ts';

/** Every read table, by name; the names are rows of the table `projections`. */
export const PROJECTIONS: Readonly<Record<ProjectionName, Projection>> = {
  balances,
  journal,
  transactions,
  transfers,
};

export const PROJECTION_NAMES: readonly ProjectionName[] = [
  'balances',
  'journal',
  'transactions',
  'transfers',
];
