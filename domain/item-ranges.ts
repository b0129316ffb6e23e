import type { BatchOf } from './batch.ts';
import type { Tenant } from './ids.ts';
import type { Refusal } from './refusals.ts';
import type { LegResult, RefundResult } from './saga.ts';

/**
 * Items of a batch by their numbers, `from` up to but without `to`. Activities read the items themselves: a
 * workflow that carried thousands would outgrow what Temporal takes.
 */
export type BatchRange = {
  readonly tenant: Tenant;
  readonly batch: BatchOf;
  readonly from: number;
  readonly to: number;
};

/** Transfers that run in one workflow because they came together: those of its commands that have not moved on. */
export type GroupRange = { readonly tenant: Tenant; readonly groupId: string };

/** Transfers whose rows the activities read. */
export type ItemRange = BatchRange | GroupRange;

/** A range to compensate: why its items did not go through, and which of them could not be processed. */
export type RefundRange = ItemRange & { readonly reason: Refusal; readonly failed: readonly string[] };

/** What a debit or credit came to, as numbers of items, and the ids of those that could not be processed. */
export type RangeResult = {
  readonly counts: Readonly<Partial<Record<LegResult['result'], number>>>;
  readonly failed: readonly string[];
};

/** What a compensation came to, as numbers of items. */
export type RangeRefunds = Readonly<Partial<Record<RefundResult['status'], number>>>;

/** Counts things by a name that each has. */
export function tally<Name extends string>(names: readonly Name[]): Partial<Record<Name, number>> {
  const counts: Partial<Record<Name, number>> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
