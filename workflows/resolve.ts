import type { TransferActionList, TransferActionResult } from '../domain/transfer-actions.ts';
import { runStep } from './steps.ts';

/** Gives a parked transfer's money to whom an operator chose. Retries an outage without end: an accepted command is never given up. */
export function resolve(list: TransferActionList): Promise<TransferActionResult[]> {
  return runStep('decideTransferActions', list, 'give the parked money to whom an operator chose', null);
}
