/**
 * ISO 4217 alphabetic codes by their exponent (number of decimals of the minor unit).
 * Source: the ISO 4217 maintenance agency's list one, as carried by the npm package currency-codes;
 * currencies.test.ts keeps the two equal. Plain data, because domain/ also runs in the workflow sandbox.
 */
const CODES_BY_EXPONENT: Readonly<Record<number, string>> = {
  0: `
    BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XAG XAU XBA XBB XBC XBD XDR
    XOF XPD XPF XPT XSU XTS XUA XXX
  `,
  2: `
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP
    BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR
    FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW
    KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN
    NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD
    SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS
    VED VES WST XCD YER ZAR ZMW ZWG
  `,
  3: `BHD IQD JOD KWD LYD OMR TND`,
  4: `CLF UYW`,
};

const EXPONENTS: ReadonlyMap<string, number> = new Map(
  Object.entries(CODES_BY_EXPONENT).flatMap(([exponent, codes]) =>
    codes
      .trim()
      .split(/\s+/)
      .map((code) => [code, Number(exponent)] as const),
  ),
);

/** All codes that an account may be opened in, sorted. */
export const CURRENCY_CODES: readonly string[] = [...EXPONENTS.keys()].sort();

/** Decimals of a currency's minor unit: JPY 0, EUR 2, BHD 3; undefined for an unknown code. */
export function exponentOf(currency: string): number | undefined {
  return EXPONENTS.get(currency);
}
