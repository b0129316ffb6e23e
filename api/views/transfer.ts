import { z } from '@hono/zod-openapi';
import { formatAmount } from '../../domain/money.ts';
import { isFinal, TRANSFER_STATUSES, type Transfer } from '../../domain/transfer.ts';
import type { ClaimingCommand } from '../../sql/list-claiming-commands.ts';
import { amountAnswer, metadataAnswer, timeAnswer } from '../border/fields.ts';
import type { Deps } from '../context.ts';
import { refusalSchema } from './refusal.ts';

export const transferSchema = z
  .strictObject({
    id: z.string().openapi({ example: 'rent-2026-08' }),
    from: z.string().openapi({ example: 'alice' }),
    to: z.string().openapi({ example: 'bob' }),
    amount: amountAnswer,
    currency: z.string().openapi({ example: 'EUR' }),
    status: z.enum(TRANSFER_STATUSES),
    refusal: refusalSchema.nullable(),
    legs: z.array(
      z.strictObject({
        leg: z.enum(['debit', 'credit', 'refund']),
        accountId: z.string(),
        version: z.int(),
        occurredAt: timeAnswer,
      }),
    ),
    workflow: z.strictObject({
      id: z.string().openapi({ example: 'main/transfer/rent-2026-08' }),
      url: z.string().nullable().openapi({ description: "The workflow in Temporal's Web UI" }),
    }),
    description: z.string().nullable(),
    reference: z.string().nullable(),
    metadata: metadataAnswer,
    createdAt: timeAnswer,
    finishedAt: timeAnswer.nullable(),
  })
  .openapi('Transfer');

export type TransferView = z.infer<typeof transferSchema>;

/** A transfer as the contract shows it, with the command that asked for it. */
export function transferView(
  transfer: Omit<Transfer, 'reversedMinor'>,
  command: ClaimingCommand,
  config: Deps['config'],
): TransferView {
  return {
    id: transfer.transferId,
    from: transfer.from,
    to: transfer.to,
    amount: formatAmount(transfer.amountMinor, transfer.currency),
    currency: transfer.currency,
    status: transfer.status,
    refusal: transfer.refusal,
    legs: transfer.legs.map(({ leg, accountId, version, occurredAt }) => ({
      leg,
      accountId,
      version,
      occurredAt,
    })),
    workflow: { id: command.workflowId, url: workflowUrl(command.workflowId, config) },
    description: transfer.description,
    reference: transfer.reference,
    metadata: transfer.metadata,
    createdAt: command.createdAt,
    finishedAt: isFinal(transfer.status) ? command.finishedAt : null,
  };
}

function workflowUrl(workflowId: string, config: Deps['config']): string | null {
  if (config.TEMPORAL_UI_URL === '') return null;
  const base = config.TEMPORAL_UI_URL.replace(/\/+$/, '');
  return `${base}/namespaces/${config.TEMPORAL_NAMESPACE}/workflows/${encodeURIComponent(workflowId)}`;
}
