import { exponentOf } from './currencies.ts';

/** An amount or balance never has more digits of minor units than this; bigint in Postgres holds 18 safely. */
const MAX_DIGITS = 18;
export const MAX_MINOR = 10n ** BigInt(MAX_DIGITS) - 1n;

const DECIMAL = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/;

export type ParsedAmount = { ok: true; amountMinor: bigint } | { ok: false; message: string };

/**
 * Reads a decimal string ("10.50", EUR) as minor units (1050n).
 * Refuses signs, exponents, `.5`, `5.`, leading zeros, more decimals than the currency has and more than
 * 18 digits of minor units. Zero is refused unless `allowZero` (a limit may be zero, an amount may not).
 * The message says what is right; an unknown currency is the caller's to report.
 */
export function parseAmount(
  text: string,
  currency: string,
  options: { allowZero?: boolean } = {},
): ParsedAmount {
  const exponent = exponentOf(currency);
  if (exponent === undefined) return refuse(`${currency} is not an ISO 4217 currency`);
  const match = text.length <= MAX_DIGITS + 2 ? DECIMAL.exec(text) : null;
  if (match === null) {
    return refuse(
      `must be a decimal string such as "${example(exponent)}": digits, no sign, no exponent, at most 18 digits`,
    );
  }
  const [, whole = '', fraction = ''] = match;
  if (fraction.length > exponent) {
    return refuse(`${currency} has ${exponent} decimals: write it like "${example(exponent)}"`);
  }
  const amountMinor = BigInt(whole + fraction.padEnd(exponent, '0'));
  if (amountMinor > MAX_MINOR) return refuse('must have at most 18 digits, counted in minor units');
  if (amountMinor === 0n && options.allowZero !== true) return refuse('must be greater than zero');
  return { ok: true, amountMinor };
}

/** Writes minor units as a decimal string with exactly the currency's decimals: 1050n EUR is "10.50". */
export function formatAmount(amountMinor: bigint, currency: string): string {
  const exponent = exponentOf(currency);
  if (exponent === undefined)
    throw new Error(`unknown currency ${currency}: it should have been refused at the border`);
  const sign = amountMinor < 0n ? '-' : '';
  const digits = (amountMinor < 0n ? -amountMinor : amountMinor).toString().padStart(exponent + 1, '0');
  if (exponent === 0) return sign + digits;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

function refuse(message: string): ParsedAmount {
  return { ok: false, message };
}

function example(exponent: number): string {
  return exponent === 0 ? '10' : `10.${'5'.padEnd(exponent, '0')}`;
}
