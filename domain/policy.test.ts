import { expect, test } from 'vitest';
import { feePolicy, transferPolicy } from './policy.ts';

test('amounts of a configuration are read in their currency, zero included', () => {
  const config = {
    APPROVAL_THRESHOLDS: [
      ['EUR', '1000'],
      ['JPY', '0'],
    ] as const,
    APPROVAL_TIMEOUT_MS: 5,
  };
  const { approvalThresholds, approvalTimeoutMs } = transferPolicy(config);
  expect([[...approvalThresholds], approvalTimeoutMs]).toEqual([
    [
      ['EUR', 100_000n],
      ['JPY', 0n],
    ],
    5,
  ]);
  const fees = feePolicy({ FEE_FLAT: [['EUR', '0.25']], FEE_PER_MILLE: 3 });
  expect([[...fees.flatMinor], fees.perMille]).toEqual([[['EUR', 25n]], 3n]);
});

test('an amount that is none of its currency is refused with its setting', () => {
  const wrong = { FEE_FLAT: [['JPY', '0.25']] as const, FEE_PER_MILLE: 0 };
  expect(() => feePolicy(wrong)).toThrow('FEE_FLAT: JPY:0.25 ');
});
