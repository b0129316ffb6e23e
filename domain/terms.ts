import type { TransferTerms } from './events.ts';

/** The terms that a plain transfer does not name: no fee, no exchange, nothing that it reverses or captures. */
export type PlainTerms = Omit<
  TransferTerms,
  'feeMinor' | 'creditMinor' | 'creditCurrency' | 'quoteId' | 'rate' | 'reverses' | 'holdId'
>;

/** What may be left out, by name or as undefined. */
type Optional = {
  readonly [Term in Exclude<keyof TransferTerms, keyof PlainTerms>]?: TransferTerms[Term] | undefined;
};

/**
 * All terms of a transfer, from those that are named: what is missing is what a plain transfer has. Recorded
 * inputs of older workflows, and small new ones, name only what differs. Made in one go, for every step makes them.
 */
export function completeTerms(given: PlainTerms & Optional): TransferTerms {
  return {
    transferId: given.transferId,
    from: given.from,
    to: given.to,
    amountMinor: given.amountMinor,
    currency: given.currency,
    feeMinor: given.feeMinor ?? 0n,
    creditMinor: given.creditMinor ?? given.amountMinor,
    creditCurrency: given.creditCurrency ?? given.currency,
    quoteId: given.quoteId ?? null,
    rate: given.rate ?? null,
    reverses: given.reverses ?? null,
    holdId: given.holdId ?? null,
    description: given.description,
    reference: given.reference,
    metadata: given.metadata,
  };
}

/** The terms alone, of anything that carries them. */
export function termsOf(data: TransferTerms): TransferTerms {
  const { transferId, from, to, amountMinor, currency, feeMinor, creditMinor, creditCurrency } = data;
  const { quoteId, rate, reverses, holdId, description, reference, metadata } = data;
  return {
    transferId,
    from,
    to,
    amountMinor,
    currency,
    feeMinor,
    creditMinor,
    creditCurrency,
    quoteId,
    rate,
    reverses,
    holdId,
    description,
    reference,
    metadata,
  };
}

/** What the source pays in all, in minor units of its currency: the amount and its fee. */
export function debitTotalMinor(terms: Pick<TransferTerms, 'amountMinor' | 'feeMinor'>): bigint {
  return terms.amountMinor + terms.feeMinor;
}
