import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exponentOf } from './currencies.ts';
import { convert, type Exchange, parseRate, type Rate } from './exchange.ts';
import { MAX_MINOR } from './money.ts';

const rate = (text: string): Rate => {
  const parsed = parseRate(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.rate;
};

describe('a rate', () => {
  test.each([
    ['1', '1'],
    ['1.0850', '1.085'],
    ['10.00', '10'],
    ['0.0000000001', '0.0000000001'],
    ['9999999999.9999999999', '9999999999.9999999999'],
  ])('%s is %s', (text, canonical) => {
    expect(parseRate(text)).toEqual({ ok: true, rate: canonical });
  });

  test.each([
    '',
    '0',
    '0.000',
    '-1',
    '+1',
    '1e3',
    '.5',
    '5.',
    '05',
    '1,5',
    ' 1',
    '1\n',
    'NaN',
    '١',
    '10000000000',
    '0.00000000001',
    '1.00000000000',
  ])('%j is refused', (text) => {
    expect(parseRate(text).ok).toBe(false);
  });
});

describe('a conversion', () => {
  test.each<[bigint, string, string, string, bigint]>([
    [1000n, 'EUR', 'USD', '1.085', 1085n],
    [1000n, 'EUR', 'JPY', '161.55', 1615n],
    [1615n, 'JPY', 'EUR', '0.0062', 1001n],
    [1n, 'BHD', 'JPY', '400', 0n],
    [100n, 'JPY', 'BHD', '0.0025', 250n],
    [199n, 'EUR', 'USD', '0.5', 99n],
    [MAX_MINOR, 'EUR', 'USD', '1', MAX_MINOR],
    [1n, 'JPY', 'UYW', '9999999999.9999999999', 99999999999999n],
  ])('%s of %s to %s at %s is %s, rounded down', (amountMinor, from, to, text, expected) => {
    const result = convert({ amountMinor, from, to, rate: rate(text) });
    if (expected === 0n) expect(result).toMatchObject({ ok: false, code: 'amount-too-small' });
    else expect(result).toEqual({ ok: true, amountMinor: expected });
  });

  test('of more than 18 digits is refused', () => {
    const much: Exchange = { amountMinor: MAX_MINOR, from: 'EUR', to: 'USD', rate: rate('1.0000000001') };
    expect(convert(much)).toMatchObject({ ok: false, code: 'limit-exceeded' });
  });
});

const digits = (max: number) => fc.bigInt({ min: 0n, max: 10n ** BigInt(max) - 1n }).map(String);
const rates = fc
  .tuple(digits(10), fc.stringMatching(/^[0-9]{1,10}$/))
  .map(([whole, fraction]) => parseRate(`${whole}.${fraction}`))
  .filter((parsed) => parsed.ok)
  .map((parsed) => parsed.rate);
const currencies = fc.constantFrom('JPY', 'EUR', 'BHD', 'CLF');
const amounts = fc.oneof(fc.bigInt({ min: 1n, max: 1000n }), fc.bigInt({ min: 1n, max: MAX_MINOR }));
const exchanges = fc.record({ amountMinor: amounts, from: currencies, to: currencies, rate: rates });
const PROPERTY = { numRuns: 1_000 };

const power = (currency: string) => 10n ** BigInt(exponentOf(currency) ?? 0);
/** The worth of minor units of `from` and of `to` as whole numbers of one size, so that they compare exactly. */
function worth({ amountMinor, from, to, rate }: Exchange) {
  const [whole = '', fraction = ''] = rate.split('.');
  const scaled = BigInt(whole + fraction.padEnd(10, '0'));
  return { paid: amountMinor * scaled * power(to), unit: 10n ** 10n * power(from) };
}
const amountOf = (exchange: Exchange): bigint => {
  const result = convert(exchange);
  return result.ok ? result.amountMinor : 0n;
};

describe('every conversion', () => {
  test('is worth at most what was paid, and less by less than one minor unit', () => {
    fc.assert(
      fc.property(exchanges, (exchange) => {
        const { paid, unit } = worth(exchange);
        const result = convert(exchange);
        if (result.ok) {
          expect(result.amountMinor * unit <= paid).toBe(true);
          expect((result.amountMinor + 1n) * unit > paid).toBe(true);
        } else if (result.code === 'amount-too-small') expect(unit > paid).toBe(true);
        else expect((MAX_MINOR + 1n) * unit <= paid).toBe(true);
      }),
      PROPERTY,
    );
  });

  test('gains nothing by being split', () => {
    const small = fc.bigInt({ min: 1n, max: 10_000n });
    fc.assert(
      fc.property(exchanges, small, small, (exchange, one, other) => {
        const whole = convert({ ...exchange, amountMinor: one + other });
        fc.pre(whole.ok || whole.code === 'amount-too-small');
        const parts =
          amountOf({ ...exchange, amountMinor: one }) + amountOf({ ...exchange, amountMinor: other });
        expect(parts <= amountOf({ ...exchange, amountMinor: one + other })).toBe(true);
      }),
      PROPERTY,
    );
  });
});
