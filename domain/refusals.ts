/**
 * Business refusals in their documented order of precedence (api.md): where several apply, the first is told.
 * Modelled on TigerBeetle's ordered result codes. A refusal is a value, recorded once and never retried.
 */
export const REFUSAL_CODES = [
  'same-account',
  'account-not-found',
  'account-closed',
  'account-frozen',
  'currency-mismatch',
  'limit-exceeded',
  'insufficient-funds',
  'account-not-empty',
  'account-exists',
  'transfer-exists',
  'transfer-final',
  'quote-used',
  'reversal-exceeds-original',
  'amount-too-small',
  'hold-exists',
  'hold-not-found',
  'hold-final',
  'batch-final',
  'standing-order-final',
  'not-awaiting-approval',
  'not-needing-attention',
  // What people or the clock decide about a transfer that waits.
  'cancelled',
  'declined',
  'approval-expired',
  // Not a refusal of an account: the saga's own reasons for giving up on a leg.
  'deadline-exceeded',
  'processing-failed',
] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** Why something was refused: a stable code and a sentence for people. */
export type Refusal = { readonly code: RefusalCode; readonly detail: string };

export function refusal(code: RefusalCode, detail: string): Refusal {
  return { code, detail };
}

export type Decision<Event> = { ok: true; events: readonly Event[] } | { ok: false; refusal: Refusal };

export function accept<Event>(...events: Event[]): Decision<Event> {
  return { ok: true, events };
}

export function refuse<Event>(code: RefusalCode, detail: string): Decision<Event> {
  return { ok: false, refusal: refusal(code, detail) };
}
