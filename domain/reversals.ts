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
 * What the destination gives, in minor units of what it got, where `amountMinor` (in the original's currency) is taken
 * back next: its share of what it got up to then, rounded down, less the share up to now. So however the whole is split,
 * the parts together are all that it got. Zero where the amount is worth nothing there yet.
 */
export function shareMinor(
  { amountMinor: whole, creditMinor, reversedMinor }: Transfer,
  amountMinor: bigint,
) {
  const upTo = (reversed: bigint) => (creditMinor * reversed) / whole;
  return upTo(reversedMinor + amountMinor) - upTo(reversedMinor);
}

/**
 * The reversal of `amountMinor` (in the original's currency) of a transfer, as it stands now. What the destination
 * gives is decided again when it does (`decideReversal`), for other reversals may come first.
 */
export function reversalOf(original: Transfer, amountMinor: bigint): Reversal {
  const { from: to, to: from, currency, creditCurrency, quoteId, rate } = original;
  if (quoteId === null || rate === null) return { from, to, amountMinor, currency, exchange: null };
  const exchange = { quoteId, rate, creditMinor: amountMinor, creditCurrency: currency };
  return { from, to, amountMinor: shareMinor(original, amountMinor), currency: creditCurrency, exchange };
}
