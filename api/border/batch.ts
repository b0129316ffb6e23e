import { z } from '@hono/zod-openapi';
import type { BatchTransfer } from '../../dispatch/dispatcher.ts';
import { idField, textField, transferIdField } from './fields.ts';
import { readTransferFields, transferFields } from './transfer.ts';
import { refuseTogether } from './validation.ts';

export const MAX_BATCH_ITEMS = 10_000;

export const batchIdField = idField.openapi({ example: 'salaries-2026-08' });

const itemBody = z
  .strictObject({
    ...transferFields,
    id: transferIdField.optional().openapi({ example: 'salary-17' }),
    description: textField(500).optional().openapi({ example: 'Salary for August' }),
  })
  .transform(readTransferFields);

/** Up to 10,000 plain transfers; each id may appear once. */
export const batchBody = z
  .strictObject({
    id: batchIdField.optional(),
    transfers: z
      .array(itemBody, { error: (issue) => (issue.input === undefined ? 'is required' : 'must be a list') })
      .min(1, 'must have at least one transfer')
      .max(MAX_BATCH_ITEMS, `must have at most ${MAX_BATCH_ITEMS} transfers`)
      .superRefine(refuseRepeatedIds)
      .openapi({
        example: [{ id: 'salary-17', from: 'alice', to: 'bob', amount: '10.50', currency: 'EUR' }],
      }),
  })
  .transform(({ id, transfers }) => ({ type: 'transferBatch' as const, batchId: id ?? null, transfers }));

function refuseRepeatedIds(transfers: readonly BatchTransfer[], ctx: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const [at, { transferId }] of transfers.entries()) {
    if (transferId === null) continue;
    if (seen.has(transferId)) {
      refuseTogether(ctx, [at, 'id'], 'appears twice: each id may appear once');
    }
    seen.add(transferId);
  }
}
