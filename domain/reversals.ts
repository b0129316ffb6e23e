import type { AccountId } from './ids.ts';
import type { Transfer } from './transfer.ts';

/** What takes an amount of a transfer back: a transfer the other way. Amounts in minor units. */
export type Reversal = {
  readonly from: AccountId;
  readonly to: AccountId;
  readonly amountMinor: bigint;
  readonly currency: string;
  /** Where the original was exchanged: its destination gives its share in its own currency. */
  readonly exchange: {
    readonly quoteId: string;
    readonly rate: string;
    readonly creditMinor: bigint;
    readonly creditCurrency: string;
  } | null;
};

/** What reversals have left of a transfer, in minor units of its own currency. */
export function leftMinor({ amountMinor, reversedMinor }: Transfer): bigint {
  return amountMinor - reversedMinor;
}

/**
 * The reversal of `amountMinor` (in the original's currency) of a transfer. Of an exchanged one its destination gives
 * the same share of what it got, rounded down: it never gives more than it got, and all of it for the whole. The share
 * may be zero, where the amount is worth nothing in that currency.
 */
export function reversalOf(original: Transfer, amountMinor: bigint): Reversal {
  const { from: to, to: from, currency, creditCurrency, quoteId, rate } = original;
  if (quoteId === null || rate === null) return { from, to, amountMinor, currency, exchange: null };
  const share = (original.creditMinor * amountMinor) / original.amountMinor;
  const exchange = { quoteId, rate, creditMinor: amountMinor, creditCurrency: currency };
  return { from, to, amountMinor: share, currency: creditCurrency, exchange };
}
