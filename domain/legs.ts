import type { AccountState, Refund } from './account.ts';
import { decide } from './account-decider.ts';
import type { AccountEvent, TransferEvent, TransferTerms } from './events.ts';
import { type Decision, refuse } from './refusals.ts';
import { termsOf } from './terms.ts';
import type { Transfer, TransferState } from './transfer.ts';

/** What a tenant asks of every transfer. */
export type TransferPolicy = {
  /** Minor units by currency above which a person is asked, where the account itself sets no threshold. */
  readonly approvalThresholds: ReadonlyMap<string, bigint>;
  /** How long a person may take, in milliseconds. */
  readonly approvalTimeoutMs: number;
};

/** The debit is not decided yet: look again at `until`, or when told to. The event is new unless it was told. */
export type Waits = { readonly ok: 'waits'; readonly until: string; readonly event: TransferEvent | null };

export type DebitRequest = {
  readonly terms: TransferTerms;
  /** Not before this instant; null is now. */
  readonly executeAt: string | null;
};

/**
 * Step 1 of a transfer. `same-account` comes first; then what it waits for (its time, a person whom it has asked);
 * then what the source says; and what would go through may need a person first.
 */
export function decideDebit(
  { terms, executeAt }: DebitRequest,
  transfer: TransferState,
  source: AccountState,
  policy: TransferPolicy,
  at: string,
): Decision<AccountEvent> | Waits {
  if (terms.from === terms.to) return refuse('same-account', `Account ${terms.from} cannot pay itself.`);
  if (executeAt !== null && executeAt > at) {
    const event =
      transfer === null ? { type: 'TransferScheduled' as const, data: { ...terms, executeAt } } : null;
    return { ok: 'waits', until: executeAt, event };
  }
  const approval = transfer?.approval ?? null;
  if (approval !== null && !approval.approved) {
    if (approval.expiresAt > at) return { ok: 'waits', until: approval.expiresAt, event: null };
    return refuse('approval-expired', `Nobody approved the transfer before ${approval.expiresAt}.`);
  }
  const decision = decideSource(terms, source, at);
  if (!decision.ok || approval !== null) return decision;
  return askFirst(terms, source, policy, at) ?? decision;
}

function decideSource(terms: TransferTerms, source: AccountState, at: string): Decision<AccountEvent> {
  const { holdId } = terms;
  if (holdId === null) return decide({ type: 'debit', data: terms }, source, at);
  return decide({ type: 'capture', data: { ...terms, holdId } }, source, at);
}

/** Captures were authorised, and reversals take back what was approved: nobody is asked again. */
function askFirst(
  terms: TransferTerms,
  source: AccountState,
  policy: TransferPolicy,
  at: string,
): Waits | null {
  if (terms.holdId !== null || terms.reverses !== null) return null;
  const own = source?.limits.approvalThresholdMinor ?? null;
  const thresholdMinor = own ?? policy.approvalThresholds.get(terms.currency);
  if (thresholdMinor === undefined || terms.amountMinor <= thresholdMinor) return null;
  const expiresAt = new Date(Date.parse(at) + policy.approvalTimeoutMs).toISOString();
  const data = { ...terms, thresholdMinor, expiresAt };
  return { ok: 'waits', until: expiresAt, event: { type: 'ApprovalRequested', data } };
}

/** Step 2: the destination takes what the transfer brings, in its own currency. */
export function decideCredit(
  terms: TransferTerms,
  account: AccountState,
  at: string,
): Decision<AccountEvent> {
  return decide({ type: 'credit', data: terms }, account, at);
}

/**
 * What a reversal does to the transfer that it reverses, decided under that one's lock: the sum of all reversals
 * never exceeds the original. A reversal's `creditMinor` is in the original's own currency.
 */
export function decideReversal(
  reversal: TransferTerms,
  original: TransferState,
): Decision<Extract<TransferEvent, { type: 'ReversalDebited' }>> {
  if (original === null || original.status !== 'completed') {
    const detail = `Transfer ${reversal.reverses} is ${original?.status ?? 'unknown'}: only a completed one can be reversed.`;
    return refuse('reversal-exceeds-original', detail);
  }
  const reversedMinor = original.reversedMinor + reversal.creditMinor;
  if (reversedMinor > original.amountMinor) {
    return refuse('reversal-exceeds-original', `Less than that is left of transfer ${original.transferId}.`);
  }
  const data = { ...termsOf(original), reversalId: reversal.transferId, reversedMinor };
  return { ok: true, events: [{ type: 'ReversalDebited', data }] };
}

/** The original after a reversal of it came to nothing. */
export function undoReversal(
  reversal: TransferTerms,
  original: Transfer,
): Extract<TransferEvent, { type: 'ReversalRefunded' }> {
  const reversedMinor = original.reversedMinor - reversal.creditMinor;
  const data = { ...termsOf(original), reversalId: reversal.transferId, reversedMinor };
  return { type: 'ReversalRefunded', data };
}

/** The way back of a debited transfer's money, to its source or to whom an operator gives it. */
export function decideRefund(refund: Refund, account: AccountState, at: string): Decision<AccountEvent> {
  return decide({ type: 'refund', data: refund }, account, at);
}
