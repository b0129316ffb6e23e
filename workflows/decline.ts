import type { TransferActionList, TransferActionResult } from '../domain/transfer-actions.ts';
import { runStep } from './steps.ts';

/** Ends a transfer that waits for a person. Retries an outage without end: an accepted command is never given up. */
export function decline(list: TransferActionList): Promise<TransferActionResult[]> {
  return runStep('decideTransferActions', list, 'decline the transfer', null);
}
