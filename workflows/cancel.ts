import type { TransferActionList, TransferActionResult } from '../domain/transfer-actions.ts';
import { runStep } from './steps.ts';

/** Ends a transfer before its debit. Retries an outage without end: an accepted command is never given up. */
export function cancel(list: TransferActionList): Promise<TransferActionResult[]> {
  return runStep('decideTransferActions', list, 'cancel the transfer', null);
}
