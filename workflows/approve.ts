import type { TransferActionList, TransferActionResult } from '../domain/transfer-actions.ts';
import { runStep } from './steps.ts';

/** Lets a transfer go on that waits for a person. Retries an outage without end: an accepted command is never given up. */
export function approve(list: TransferActionList): Promise<TransferActionResult[]> {
  return runStep('decideTransferActions', list, 'approve the transfer', null);
}
