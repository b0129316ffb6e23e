import { z } from 'zod';
import type { Verdict } from './load.ts';
import { createTally } from './tally.ts';

/** GET /api/integrity reads every event of the ground. */
const INTEGRITY_TIMEOUT_MS = 60_000;

const check = z.object({
  name: z.string(),
  ok: z.boolean(),
  checked: z.int(),
  firstViolation: z.string().nullable(),
});
const integrity = z.object({ checks: z.array(check) });

/** Remit's own proof of the store and the read tables, beside the campaign's. */
export async function judgeIntegrity(address: string): Promise<Verdict> {
  const response = await fetch(`${address}/api/integrity`, {
    signal: AbortSignal.timeout(INTEGRITY_TIMEOUT_MS),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`GET /api/integrity answered ${response.status} ${text}`);
  return judgeChecks(integrity.parse(JSON.parse(text)).checks);
}

/** Every run moves money, so each check has rows to look at: one that looked at none proves nothing. */
export function judgeChecks(checks: readonly z.infer<typeof check>[]): Verdict {
  const tally = createTally('I5');
  for (const { name, ok, checked, firstViolation } of checks) {
    tally.expect(ok, () => `GET /api/integrity: ${name}: ${firstViolation}`);
    tally.expect(checked > 0, () => `GET /api/integrity: ${name} looked at nothing`);
  }
  return tally.verdict();
}
