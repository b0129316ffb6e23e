import { createBank } from './demo/bank.ts';
import { createTeller } from './demo/teller.ts';

/**
 * Fills a running Remit with a small bank through its API: customers, salaries, shopping, standing orders, and
 * everything that may go wrong. The same seed makes the same bank: a second run repeats its requests under their
 * keys, and changes nothing.
 * @example npm run demo -- 7   (seed 7; REMIT_URL names another address than http://127.0.0.1:3000)
 */
async function demo(): Promise<void> {
  const seed = Number(process.argv[2] ?? '1');
  if (!Number.isSafeInteger(seed) || seed < 0) throw new Error('the seed must be a whole number, such as 7');
  const url = process.env.REMIT_URL ?? `http://127.0.0.1:${process.env.PORT ?? '3000'}`;
  const teller = createTeller(url, seed);
  await createBank(teller, seed);
  console.log('');
  for (const [what, count] of teller.tally()) console.log(`${String(count).padStart(6)}  ${what}`);
  console.log(`\nLook at it:
  ${url}/api/accounts?limit=10
  ${url}/api/transfers?status=refunded
  ${url}/api/transfers?status=awaiting_approval
  ${url}/api/accounts/${teller.id('shop-books')}/statement
  ${url}/api/reports/trial-balance
  ${url}/docs`);
}

try {
  await demo();
} catch (error) {
  console.error(error instanceof Error ? `${error.message}${causeOf(error)}` : error);
  process.exitCode = 1;
}

function causeOf({ cause }: Error): string {
  return cause instanceof Error ? ` (${cause.message})` : '';
}
