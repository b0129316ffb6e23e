import { patched, sleep } from '@temporalio/workflow';
import type { TransferEnd } from '../../../domain/saga.ts';
import { transfer as shipped, type TransferInput } from '../../../workflows/transfer.ts';
import { transferGroup as shippedGroup, type TransferGroupInput } from '../../../workflows/transfer-group.ts';

export * from '../../../workflows/index.ts';

/** A change as it is rolled out: what began without the pause goes on without it, in the same process. */
export async function transfer(input: TransferInput): Promise<TransferEnd[]> {
  if (patched('pause-first')) await sleep(10);
  return shipped(input);
}

export async function transferGroup(input: TransferGroupInput): Promise<void> {
  if (patched('pause-first')) await sleep(10);
  return shippedGroup(input);
}
