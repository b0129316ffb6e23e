import type { FeePolicy } from './fees.ts';
import type { TransferPolicy } from './legs.ts';
import { parseAmount } from './money.ts';

/** Amounts as a configuration writes them: currency and decimal string. */
type WrittenAmounts = readonly (readonly [currency: string, amount: string])[];

/** What a tenant asks of every transfer, from its configuration. Throws where an amount is none of its currency. */
export function transferPolicy(config: {
  readonly APPROVAL_THRESHOLDS: WrittenAmounts;
  readonly APPROVAL_TIMEOUT_MS: number;
}): TransferPolicy {
  return {
    approvalThresholds: readAmounts('APPROVAL_THRESHOLDS', config.APPROVAL_THRESHOLDS),
    approvalTimeoutMs: config.APPROVAL_TIMEOUT_MS,
  };
}

/** What transfers cost, from the configuration. Throws where an amount is none of its currency. */
export function feePolicy(config: {
  readonly FEE_FLAT: WrittenAmounts;
  readonly FEE_PER_MILLE: number;
}): FeePolicy {
  return { flatMinor: readAmounts('FEE_FLAT', config.FEE_FLAT), perMille: BigInt(config.FEE_PER_MILLE) };
}

function readAmounts(name: string, written: WrittenAmounts): ReadonlyMap<string, bigint> {
  return new Map(
    written.map(([currency, text]) => {
      const parsed = parseAmount(text, currency, { allowZero: true });
      if (!parsed.ok) throw new Error(`${name}: ${currency}:${text} ${parsed.message}`);
      return [currency, parsed.amountMinor];
    }),
  );
}
