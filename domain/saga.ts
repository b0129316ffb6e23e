import type { TransferTerms } from './events.ts';
import type { CommandId, Tenant } from './ids.ts';
import type { Refusal } from './refusals.ts';
import { completeTerms, type PlainTerms } from './terms.ts';
import type { Wire } from './wire.ts';

/** One transfer of a list: what to move, when, and whose wish it is. */
export type TransferItem = TransferTerms & {
  /** Not before this instant; null is now. */
  readonly executeAt: string | null;
  readonly commandId: CommandId;
  /** The batch that the transfer is part of: its command ends when the batch does. */
  readonly batchId: string | null;
  readonly actor: string;
};

/** A transfer on its way to an activity: what is not named is what a plain transfer has. */
export type WireItem = Wire<PlainTerms & Partial<TransferTerms>> & {
  readonly executeAt?: string | null;
  readonly commandId: CommandId;
  readonly batchId?: string | null;
  readonly actor: string;
};

/** A list of transfers on their way to an activity, in the form that Temporal's payloads can carry. */
export type TransferList = { readonly tenant: Tenant; readonly items: readonly WireItem[] };

/** A list of transfers to compensate, each with the reason why it did not go through. */
export type RefundList = {
  readonly tenant: Tenant;
  readonly items: readonly (WireItem & { readonly reason: Refusal })[];
};

/** Reads an item of a list. Throws a SyntaxError where an amount is not a whole number. */
export function readItem(wire: WireItem): TransferItem {
  const { executeAt, commandId, batchId, actor, feeMinor, creditMinor } = wire;
  const amounts = {
    amountMinor: BigInt(wire.amountMinor),
    feeMinor: feeMinor === undefined ? undefined : BigInt(feeMinor),
    creditMinor: creditMinor === undefined ? undefined : BigInt(creditMinor),
  };
  return {
    // An amount that is not among these is a text, which the types refuse here.
    ...completeTerms({ ...wire, ...amounts }),
    executeAt: executeAt ?? null,
    commandId,
    batchId: batchId ?? null,
    actor,
  };
}

/**
 * What a debit or credit came to. `void`: a compensation was first, nothing happened and nothing may.
 * `failed`: the item cannot be processed at all (a poison item), and its neighbours could.
 * `waits`: for its time or for a person, until `until`; nothing happened yet.
 */
export type LegResult = {
  readonly transferId: string;
  readonly result: 'done' | 'refused' | 'void' | 'failed' | 'waits';
  readonly refusal: Refusal | null;
  readonly until?: string;
};

/** How a compensation ended: where nothing had moved, nothing was refunded. */
export type RefundResult =
  | {
      readonly transferId: string;
      readonly status: 'completed' | 'rejected' | 'cancelled' | 'refunded' | 'needs_attention';
    }
  /** Its time has not come, or a person is still asked: there is nothing to compensate yet. */
  | { readonly transferId: string; readonly status: 'waits'; readonly until: string };

/** How each transfer of a list ended; one that waits goes on in a workflow of its own. */
export type TransferEnd = RefundResult;
