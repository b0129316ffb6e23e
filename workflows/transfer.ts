import type { Tenant } from '../domain/ids.ts';
import type { TransferEnd, TransferItem } from '../domain/saga.ts';
import type { Wire } from '../domain/wire.ts';
import { transferSaga } from './saga.ts';

export type TransferInput = {
  readonly tenant: Tenant;
  /** How long debit and credit may stay undecided before they are compensated. */
  readonly deadlineMs: number;
  readonly transfers: readonly Wire<TransferItem>[];
};

/** Moves money between accounts, and gives it back where the destination refuses it. */
export function transfer(input: TransferInput): Promise<TransferEnd[]> {
  return transferSaga(input.tenant, input.transfers, input.deadlineMs);
}
