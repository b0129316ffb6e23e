import { sleep } from '@temporalio/workflow';
import type { TransferEnd } from '../../../domain/saga.ts';
import { transfer as shipped, type TransferInput } from '../../../workflows/transfer.ts';

export * from '../../../workflows/index.ts';

/** A planted mistake: the same change without `patched`. Replaying any recorded transfer against it must fail. */
export async function transfer(input: TransferInput): Promise<TransferEnd[]> {
  await sleep(10);
  return shipped(input);
}
