/** What a transfer costs its source: a flat amount of the currency and a share of the amount. */
export type FeePolicy = {
  /** Minor units by currency; a currency that is not here has no flat fee. */
  readonly flatMinor: ReadonlyMap<string, bigint>;
  /** Thousandths of the amount. */
  readonly perMille: bigint;
};

export const NO_FEES: FeePolicy = { flatMinor: new Map(), perMille: 0n };

/** The fee in minor units of the amount's currency; half a minor unit is rounded up. */
export function feeOf(policy: FeePolicy, amountMinor: bigint, currency: string): bigint {
  const share = (amountMinor * policy.perMille + 500n) / 1000n;
  return (policy.flatMinor.get(currency) ?? 0n) + share;
}
