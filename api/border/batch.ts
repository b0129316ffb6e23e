import { z } from '@hono/zod-openapi';
import type { BatchTransfer } from '../../dispatch/dispatcher.ts';
import {
  accountIdField,
  amountField,
  currencyField,
  idField,
  metadataField,
  readAmount,
  textField,
  timeField,
  transferIdField,
} from './fields.ts';
import { refuseTogether } from './validation.ts';

export const MAX_BATCH_ITEMS = 10_000;

export const batchIdField = idField.openapi({ example: 'salaries-2026-08' });

const itemBody = z
  .strictObject({
    id: transferIdField.optional().openapi({ example: 'salary-17' }),
    from: accountIdField,
    to: accountIdField.openapi({ example: 'bob' }),
    amount: amountField,
    currency: currencyField,
    description: textField(500).optional().openapi({ example: 'Salary for August' }),
    reference: textField(100).optional().openapi({ example: '2026-08' }),
    metadata: metadataField.optional(),
    executeAt: timeField.optional().openapi({
      description: 'Not before this instant, at most 10 years ahead; what is past executes at once',
    }),
  })
  .transform(
    (body, ctx): BatchTransfer => ({
      transferId: body.id ?? null,
      from: body.from,
      to: body.to,
      amountMinor: readAmount(body.amount, { field: 'amount', currency: body.currency }, ctx),
      currency: body.currency,
      description: body.description ?? null,
      reference: body.reference ?? null,
      metadata: body.metadata ?? {},
      ...(body.executeAt === undefined ? {} : { executeAt: body.executeAt }),
    }),
  );

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
