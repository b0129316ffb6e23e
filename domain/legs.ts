import type { AccountState, Refund } from './account.ts';
import { decide } from './account-decider.ts';
import type { AccountEvent, TransferEvent, TransferTerms } from './events.ts';
import { type Decision, type Refusal, refusal, refuse } from './refusals.ts';
import { shareMinor } from './reversals.ts';
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
  const waits = waitsFor({ terms, executeAt }, transfer, at);
  if (waits !== null) return waits;
  const approval = transfer?.approval ?? null;
  if (approval !== null && !approval.approved) {
    return refuse('approval-expired', `Nobody approved the transfer before ${approval.expiresAt}.`);
  }
  const decision = decideSource(terms, source, at);
  if (!decision.ok || approval !== null) return decision;
  return askFirst(terms, source, policy, at) ?? decision;
}

/** What an undecided transfer still waits for, its time or a person whom it has asked; null: for nothing any more. */
export function waitsFor(
  { terms, executeAt }: DebitRequest,
  transfer: TransferState,
  at: string,
): Waits | null {
  if (executeAt !== null && executeAt > at) {
    const event =
      transfer === null ? { type: 'TransferScheduled' as const, data: { ...terms, executeAt } } : null;
    return { ok: 'waits', until: executeAt, event };
  }
  const approval = transfer?.approval ?? null;
  if (approval === null || approval.approved || approval.expiresAt <= at) return null;
  return { ok: 'waits', until: approval.expiresAt, event: null };
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

export type ReversalDecision =
  | {
      readonly ok: true;
      /** The reversal as it is from now on: what its source gives is decided with the rest. */
      readonly terms: TransferTerms;
      readonly event: Extract<TransferEvent, { type: 'ReversalDebited' }>;
    }
  | { readonly ok: false; readonly refusal: Refusal };

/**
 * What a reversal does to the transfer that it reverses, decided under that one's lock: the sum of all reversals
 * never exceeds the original. A reversal's `creditMinor` is in the original's own currency and stays as it was asked
 * for; what its source gives for that follows from what was reversed before.
 */
export function decideReversal(reversal: TransferTerms, original: TransferState): ReversalDecision {
  if (original === null || original.status !== 'completed') {
    const detail = `Transfer ${reversal.reverses} is ${original?.status ?? 'unknown'}: only a completed one can be reversed.`;
    return { ok: false, refusal: refusal('reversal-exceeds-original', detail) };
  }
  const reversedMinor = original.reversedMinor + reversal.creditMinor;
  if (reversedMinor > original.amountMinor || reversal.creditMinor === 0n) {
    const left = reversal.creditMinor === 0n ? 'Nothing' : 'Less than that';
    const detail = `${left} is left of transfer ${original.transferId}.`;
    return { ok: false, refusal: refusal('reversal-exceeds-original', detail) };
  }
  const amountMinor = shareMinor(original, reversal.creditMinor);
  if (amountMinor === 0n) {
    const detail = `That is worth nothing in ${original.creditCurrency}.`;
    return { ok: false, refusal: refusal('amount-too-small', detail) };
  }
  const data = { ...termsOf(original), reversalId: reversal.transferId, reversedMinor };
  return { ok: true, terms: { ...reversal, amountMinor }, event: { type: 'ReversalDebited', data } };
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
