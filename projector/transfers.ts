import { termsOf } from '../domain/terms.ts';
import { isTransferEvent } from '../domain/transfer.ts';
import { unreachable } from '../domain/unreachable.ts';
import { mergeTransfers, type TransferRow } from '../sql/projections/transfers.ts';
import { followsEverything, pureProjection, type Step } from './projection.ts';

/**
 * Each transfer with its legs. The legs come from different accounts, so from different partitions in any order:
 * each event sets its own columns, and the status follows from which of them are set.
 */
export const transfers = pureProjection({
  name: 'transfers',
  follows: followsEverything,
  toRow: toTransfer,
  write: ({ client, target }, rows) => mergeTransfers(client, target.generation, merge(rows)),
});

/** What an event tells about a transfer; null for an event that is none's. */
export function toTransfer({ event, fact }: Step): TransferRow | null {
  if (!isTransferEvent(fact)) return null;
  const row = { ...NOTHING, tenant: event.tenant, terms: termsOf(fact.data), firstPosition: event.position };
  const at = event.occurredAt;
  switch (fact.type) {
    case 'TransferDebited':
      return { ...row, debitVersion: event.version, debitAt: at };
    case 'TransferCredited':
      return { ...row, creditVersion: event.version, creditAt: at };
    case 'TransferRefunded':
      return { ...row, refundVersion: event.version, refundAt: at, refusal: fact.data.refusal };
    case 'TransferRejected':
      return { ...row, rejectedAt: at, refusal: fact.data.refusal };
    case 'TransferCancelled':
      return { ...row, cancelledAt: at, refusal: fact.data.refusal };
    case 'RefundParked':
      return { ...row, parkedAt: at, refusal: fact.data.refusal };
    case 'CreditRefused':
      return { ...row, refusal: fact.data.refusal };
    default:
      return unreachable(fact);
  }
}

const NOTHING = {
  debitVersion: null,
  debitAt: null,
  creditVersion: null,
  creditAt: null,
  refundVersion: null,
  refundAt: null,
  rejectedAt: null,
  cancelledAt: null,
  parkedAt: null,
  refusal: null,
};

/** One row a transfer, because one statement can write a row only once. */
export function merge(rows: readonly TransferRow[]): TransferRow[] {
  const merged = new Map<string, TransferRow>();
  for (const row of rows) {
    const key = `${row.tenant}/${row.terms.transferId}`;
    const known = merged.get(key);
    merged.set(key, known === undefined ? row : join(known, row));
  }
  return [...merged.values()];
}

function join(known: TransferRow, row: TransferRow): TransferRow {
  // As in SQL: the ending's refusal stands, whichever comes first.
  const ends = row.refundAt !== null || row.parkedAt !== null;
  return {
    ...known,
    debitVersion: row.debitVersion ?? known.debitVersion,
    debitAt: row.debitAt ?? known.debitAt,
    creditVersion: row.creditVersion ?? known.creditVersion,
    creditAt: row.creditAt ?? known.creditAt,
    refundVersion: row.refundVersion ?? known.refundVersion,
    refundAt: row.refundAt ?? known.refundAt,
    rejectedAt: row.rejectedAt ?? known.rejectedAt,
    cancelledAt: row.cancelledAt ?? known.cancelledAt,
    parkedAt: row.parkedAt ?? known.parkedAt,
    refusal: ends ? row.refusal : (known.refusal ?? row.refusal),
    firstPosition: lower(row.firstPosition, known.firstPosition),
  };
}

/** Math.min knows no bigint. */
function lower(one: bigint, other: bigint): bigint {
  if (one < other) return one;
  return other;
}
