import type { TransferActionList, TransferActionResult } from '../domain/transfer-actions.ts';
import { runStep } from './steps.ts';

/** Gives a parked transfer's money back to its source. Retries an outage without end: an accepted command is never given up. */
export function retry(list: TransferActionList): Promise<TransferActionResult[]> {
  return runStep('decideTransferActions', list, 'give the parked money back', null);
}
