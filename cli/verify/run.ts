import type { Pool } from '../../platform/postgres.ts';
import { countParked } from '../../sql/dead-letters.ts';
import type { Check } from '../../sql/integrity/tally.ts';
import { verifyStore } from '../../sql/integrity/verify-store.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint-file.ts';
import { makeKey, readPrivateKey, readPublicKey } from './keys.ts';
import type { VerifyArgs } from './options.ts';
import { createPrinter } from './progress.ts';

const number = new Intl.NumberFormat('en-US');

/** Makes the key, says where it is and what to do with it. */
export async function runNewKey(file: string): Promise<boolean> {
  const { publicFile } = await makeKey(file);
  console.log(
    `Made ${file} (private: keep it from everybody) and ${publicFile} (public: keep it with the checkpoints).`,
  );
  return true;
}

/** Verifies and prints; true where nothing is violated. A checkpoint is written after a clean run only. */
export async function runVerify(
  args: Extract<VerifyArgs, { mode: 'verify' }>,
  pools: { readonly pool: Pool; readonly readPool: Pool },
): Promise<boolean> {
  // Keys and files first: that they are wrong should not come out after minutes.
  const key = args.checkpoint === null ? null : await readPrivateKey(args.checkpoint.keyFile);
  const against =
    args.against === null
      ? null
      : await readCheckpoint(args.against.file, await readPublicKey(args.against.publicKeyFile));
  const printer = createPrinter(process.stderr, () => performance.now());
  const { begin, progress } = printer;
  const begunMs = performance.now();
  const now = () => new Date();
  const verified = await verifyStore({
    pools,
    now,
    progress,
    begin,
    checkpoint: key !== null,
    against,
  }).finally(printer.end);
  const { ok, tenants, events, checks, differences, checkpoint } = verified;
  for (const check of checks) console.log(lineOf(check));
  const parked = ok ? 0 : await countParked(pools.readPool);
  if (parked > 0)
    console.log(
      `      parked dead letters: ${parked}. Each keeps its stream out of its projection, from its event on, until it is replayed.`,
    );
  if (against !== null) for (const line of comparisonOf(against, differences)) console.log(line);
  const seconds = (performance.now() - begunMs) / 1_000;
  const rate = number.format(Math.round(Number(events) / seconds));
  const size = `${number.format(events)} events of ${number.format(tenants)} ${tenants === 1 ? 'tenant' : 'tenants'}`;
  console.log(`${ok ? 'Verified' : 'VIOLATED'}: ${size} in ${seconds.toFixed(1)} s, ${rate} events/s.`);
  if (args.checkpoint !== null && key !== null && checkpoint !== null) {
    if (!ok) console.log(`No checkpoint is written of a store that is violated.`);
    else await writeCheckpoint(args.checkpoint.file, checkpoint, key);
    if (ok) console.log(`Checkpoint at log position ${checkpoint.position}: ${args.checkpoint.file}`);
  }
  return ok;
}

function lineOf({ name, ok, checked, firstViolation }: Check): string {
  const line = `${ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(26)}${number.format(checked).padStart(12)} checked`;
  return firstViolation === null ? line : `${line}\n      first: ${firstViolation}`;
}

function comparisonOf(
  against: { position: number; createdAt: string },
  differences: readonly string[],
): string[] {
  const of = `checkpoint of ${against.createdAt} at log position ${against.position}`;
  if (differences.length === 0) return [`ok    ${of}: the store still has the same hashes`];
  return [`FAIL  ${of}`, ...differences.map((difference) => `      ${difference}`)];
}
