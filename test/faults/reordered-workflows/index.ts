import type { TransferEnd } from '../../../domain/saga.ts';
import { runStep } from '../../../workflows/steps.ts';
import type { TransferInput } from '../../../workflows/transfer.ts';

/** A planted mistake: credits before it debits. Replaying any recorded transfer against it must fail. */
export async function transfer({ tenant, transfers: items }: TransferInput): Promise<TransferEnd[]> {
  await runStep('credit', { tenant, items }, 'credit', null);
  await runStep('debit', { tenant, items }, 'debit', null);
  return items.map(({ transferId }) => ({ transferId, status: 'completed' }));
}
