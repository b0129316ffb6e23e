import { z } from 'zod';

/** The shape that new events are written in. An older one passes its upcasters before it is decoded. */
export const SCHEMA_VERSION = 2;

type Data = Readonly<Record<string, unknown>>;
/** Makes the data of one version's event (in wire form) what the next version would have written. */
type Upcaster = (data: Data) => Data;

/** Version 1 knew neither fees, exchange, reversals nor holds: a transfer's destination got what its source gave. */
const plainTerms: Upcaster = (data) => ({
  ...data,
  feeMinor: '0',
  creditMinor: data.amountMinor,
  creditCurrency: data.currency,
  quoteId: null,
  rate: null,
  reverses: null,
  holdId: null,
});

/** Version 1 refunded to the source only, and had no daily limits to give back to. */
const plainRefund: Upcaster = (data) => ({
  ...plainTerms(data),
  refundedTo: data.from,
  paidFrom: 'transit',
  debitedAt: null,
});

/** By the version they start from; a type that is not named has the same shape in the next version. */
const UPCASTERS: Readonly<Record<number, Readonly<Record<string, Upcaster>>>> = {
  1: {
    TransferDebited: plainTerms,
    TransferCredited: plainTerms,
    TransferRefunded: plainRefund,
    TransferRejected: plainTerms,
    TransferCancelled: plainTerms,
    CreditRefused: plainTerms,
    RefundParked: plainTerms,
  },
};

const dataSchema = z.record(z.string(), z.unknown());

/**
 * The data of a stored event in today's shape, through every version between. What is stored, sent and hashed
 * stays as it was written.
 * @throws where the version is none that was ever written, or the data is no object.
 * @example upcast({ type: 'TransferDebited', schemaVersion: 1, data }).feeMinor // '0'
 */
export function upcast(stored: { type: string; schemaVersion: number; data: unknown }): Data {
  const { type, schemaVersion } = stored;
  if (!Number.isInteger(schemaVersion) || schemaVersion < 1 || schemaVersion > SCHEMA_VERSION) {
    throw new Error(`event ${type} has schema version ${schemaVersion}, which nothing here can read`);
  }
  let data: Data = dataSchema.parse(stored.data);
  for (let version = schemaVersion; version < SCHEMA_VERSION; version += 1) {
    data = UPCASTERS[version]?.[type]?.(data) ?? data;
  }
  return data;
}

/**
 * An account's state in today's shape. A process of version 1 that was still at work after migration 0003 has written
 * the old one, and gets the same defaults: no limits, no holds. What left that day it did not count.
 */
export function upcastAccount(state: unknown): unknown {
  const old = dataSchema.safeParse(state);
  if (!old.success || 'limits' in old.data) return state;
  const limits = { perTransferMinor: null, dailyMinor: null, approvalThresholdMinor: null };
  return { ...old.data, limits, holds: {}, outgoing: null };
}

/** A transfer's state in today's shape, by the same rule; what has ended did so at `updatedAt`. */
export function upcastTransfer(state: unknown, updatedAt: string | null): unknown {
  const old = dataSchema.safeParse(state);
  if (!old.success || 'feeMinor' in old.data) return state;
  const ended = old.data.status !== 'requested' && old.data.status !== 'debited';
  const waited = { executeAt: null, approval: null };
  return { ...plainTerms(old.data), ...waited, finishedAt: ended ? updatedAt : null };
}
