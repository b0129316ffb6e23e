import type { TransferTerms } from './events.ts';
import type { CommandId, Tenant } from './ids.ts';
import type { Refusal } from './refusals.ts';
import type { Wire } from './wire.ts';

/** One transfer of a list: what to move, and whose wish it is. */
export type TransferItem = TransferTerms & { readonly commandId: CommandId; readonly actor: string };

/** A list of transfers on their way to an activity, in the form that Temporal's payloads can carry. */
export type TransferList = { readonly tenant: Tenant; readonly items: readonly Wire<TransferItem>[] };

/** A list of transfers to compensate, each with the reason why it did not go through. */
export type RefundList = {
  readonly tenant: Tenant;
  readonly items: readonly (Wire<TransferItem> & { readonly reason: Refusal })[];
};

/**
 * What a debit or credit came to. `void`: a compensation was first, nothing happened and nothing may.
 * `failed`: the item cannot be processed at all (a poison item), and its neighbours could.
 */
export type LegResult = {
  readonly transferId: string;
  readonly result: 'done' | 'refused' | 'void' | 'failed';
  readonly refusal: Refusal | null;
};

/** How a compensation ended: where nothing had moved, nothing was refunded. */
export type RefundResult = {
  readonly transferId: string;
  readonly status: 'completed' | 'rejected' | 'cancelled' | 'refunded' | 'needs_attention';
};

/** How each transfer of a list ended. */
export type TransferEnd = RefundResult;
