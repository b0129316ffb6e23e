import type { Exchange } from '../dispatch/dispatcher.ts';
import type { Tenant } from '../domain/ids.ts';
import { formatAmount } from '../domain/money.ts';
import { type Quote, readQuote } from '../sql/quotes.ts';
import type { Deps } from './context.ts';
import { Problem } from './problem.ts';

type Amount = { readonly amountMinor: bigint; readonly currency: string };

/** What a quote makes of a transfer. `problem` is why it may not be used now; a repeat is answered all the same. */
export type Quoted = { readonly exchange: Exchange | null; readonly problem: Problem | null };

/** Reads the quote that a transfer names, if it does; the transfer must be of what the quote was made for. */
export async function readExchange(
  deps: Deps,
  tenant: Tenant,
  { quoteId, wish }: { readonly quoteId: string | undefined; readonly wish: Amount },
): Promise<Quoted> {
  if (quoteId === undefined) return { exchange: null, problem: null };
  const quote = await readQuote(deps.pool, tenant, quoteId);
  if (quote === undefined) {
    return { exchange: null, problem: new Problem('quote-not-found', `There is no quote ${quoteId}.`) };
  }
  const { rate, toMinor: creditMinor, to: creditCurrency } = quote;
  const exchange = { quoteId, rate, creditMinor, creditCurrency };
  return { exchange, problem: problemOf(quote, wish, deps.now()) };
}

function problemOf(
  { quoteId, from, fromMinor, expiresAt }: Quote,
  { amountMinor, currency }: Amount,
  now: Date,
): Problem | null {
  if (currency !== from || amountMinor !== fromMinor) {
    const amount = `${formatAmount(fromMinor, from)} ${from}`;
    return new Problem('quote-mismatch', `Quote ${quoteId} is for ${amount}: the transfer must be of that.`);
  }
  if (expiresAt > now.toISOString()) return null;
  return new Problem('quote-expired', `Quote ${quoteId} expired at ${expiresAt}: ask for another.`);
}
