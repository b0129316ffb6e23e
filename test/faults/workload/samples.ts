import type { Samples, Verdict } from './load.ts';

/** A load lasts 8 s at least, and is sampled every 200 ms: most of the time Postgres may be away. */
const LEAST_SAMPLES = 5;

/** I1 and I2 over all samples; too few of them prove nothing. */
export function judgeSamples({ verdicts, taken, skipped }: Samples): Verdict[] {
  const isProved = taken >= LEAST_SAMPLES;
  const tooFew = `only ${taken} samples were taken under load (${skipped} skipped): ${LEAST_SAMPLES} are needed`;
  return verdicts.map((verdict) => ({
    ...verdict,
    ok: verdict.ok && isProved,
    violation: verdict.violation ?? (isProved ? null : tooFew),
  }));
}
