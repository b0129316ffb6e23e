import { exponentOf } from './currencies.ts';
import { formatAmount, MAX_MINOR } from './money.ts';

/** How many units of one currency a unit of another buys: a decimal string, canonical (no zeros to spare). */
export type Rate = string & { readonly __brand: 'Rate' };

export type ParsedRate = { ok: true; rate: Rate } | { ok: false; message: string };

const RATE = /^(0|[1-9][0-9]{0,9})(?:\.([0-9]{1,10}))?$/;

/**
 * Reads a rate: digits, at most 10 before and 10 after the point, greater than zero; no sign, no exponent.
 * `parseRate("1.0850")` is `{ ok: true, rate: "1.085" }`. The message says what is right.
 */
export function parseRate(text: string): ParsedRate {
  const match = RATE.exec(text);
  if (match === null) {
    const message =
      'must be a decimal string such as "1.0850": no sign, no exponent, at most 10 digits before and after the point';
    return { ok: false, message };
  }
  const [, whole = '', fraction = ''] = match;
  const decimals = fraction.replace(/0+$/, '');
  if (whole === '0' && decimals === '') return { ok: false, message: 'must be greater than zero' };
  return { ok: true, rate: (decimals === '' ? whole : `${whole}.${decimals}`) as Rate };
}

export type Conversion =
  | { ok: true; amountMinor: bigint }
  | { ok: false; code: 'amount-too-small' | 'limit-exceeded'; detail: string };

/** What is converted: minor units of `from`, at a rate in whole units of both currencies. */
export type Exchange = {
  readonly amountMinor: bigint;
  readonly from: string;
  readonly to: string;
  readonly rate: Rate;
};

/**
 * Converts exactly and rounds down to a minor unit of `to`: what comes out is never worth more than what went in,
 * so nobody gains by splitting an amount. Refuses a result of zero, and one of more than 18 digits.
 * @example convert({ amountMinor: 1000n, from: 'EUR', to: 'JPY', rate }) // at "161.55": 1615n yen for 10.00 euros
 */
export function convert({ amountMinor, from, to, rate }: Exchange): Conversion {
  const [whole = '', fraction = ''] = rate.split('.');
  const scaled = amountMinor * BigInt(whole + fraction) * 10n ** exponent(to);
  const converted = scaled / 10n ** (exponent(from) + BigInt(fraction.length));
  if (converted === 0n) {
    const detail = `${formatAmount(amountMinor, from)} ${from} is less than the smallest amount of ${to}.`;
    return { ok: false, code: 'amount-too-small', detail };
  }
  if (converted > MAX_MINOR) {
    return {
      ok: false,
      code: 'limit-exceeded',
      detail: `The amount in ${to} would have more than 18 digits.`,
    };
  }
  return { ok: true, amountMinor: converted };
}

function exponent(currency: string): bigint {
  const decimals = exponentOf(currency);
  if (decimals === undefined)
    throw new Error(`unknown currency ${currency}: the border should have refused it`);
  return BigInt(decimals);
}
