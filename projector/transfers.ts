import { mergeRows, toTransfers } from '../sql/projections/transfer-rows.ts';
import { mergeTransfers } from '../sql/projections/transfers.ts';
import { followsEverything, pureProjection } from './projection.ts';

/**
 * Each transfer with its legs. The legs come from different accounts, so from different partitions in any order:
 * each event sets its own columns, and the status follows from which of them are set.
 */
export const transfers = pureProjection({
  name: 'transfers',
  follows: followsEverything,
  toRows: toTransfers,
  write: ({ client, target }, rows) => mergeTransfers(client, target.generation, mergeRows(rows)),
});
