import { isDeepStrictEqual } from 'node:util';
import { parseStream } from '../../domain/ids.ts';
import { COLUMNS, type TransferRow } from '../projections/transfers.ts';
import { findTransfers, type RawRow } from './read-rows.ts';
import type { Snapshots } from './snapshots.ts';
import type { Story } from './transfer-story.ts';

/**
 * A transfer's row in the read table must be what the projection makes of those of its events that are applied, in
 * every column; of a transfer with an unreadable event that cannot be said.
 */
export async function checkTransferRows(
  { read, tenant, tally }: Snapshots,
  stories: readonly Story[],
): Promise<void> {
  const judged = stories.flatMap(({ head, row, broken }) => {
    const stream = parseStream(head.streamId);
    return broken || stream.kind !== 'transfer' ? [] : [{ transferId: stream.transferId, row }];
  });
  if (judged.length === 0) return;
  const found = await findTransfers(
    read,
    tenant,
    judged.map(({ transferId }) => transferId),
  );
  for (const { transferId, row } of judged) {
    const wrong = differenceOf(row, found.get(transferId));
    tally.expect('read-tables-equal-folds', wrong === null, () => `transfers row ${transferId} ${wrong}`);
  }
}

function differenceOf(wanted: TransferRow | null, found: RawRow | undefined): string | null {
  if (wanted === null) return found === undefined ? null : 'is there before any of its events';
  if (found === undefined) return 'is missing';
  const wrong = COLUMNS.find(([name, type, value]) => !isSame(type, value(wanted) ?? null, found[name]));
  return wrong === undefined ? null : `differs from its events in ${wrong[0]}`;
}

/** `wanted` is what is written to a column of that type, `found` what Postgres then gives. */
function isSame(type: string, wanted: unknown, found: unknown): boolean {
  if (wanted === null || found === null) return wanted === found;
  switch (type) {
    case 'jsonb':
      return isDeepStrictEqual(JSON.parse(String(wanted)), found);
    case 'timestamptz':
      return Date.parse(String(wanted)) === Date.parse(String(found));
    default:
      return wanted === found;
  }
}
