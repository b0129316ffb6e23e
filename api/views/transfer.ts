import { z } from '@hono/zod-openapi';
import type { TransferTerms } from '../../domain/events.ts';
import { formatAmount } from '../../domain/money.ts';
import { LEGS, TRANSFER_STATUSES, type Transfer } from '../../domain/transfer.ts';
import type { ClaimingCommand } from '../../sql/list-claiming-commands.ts';
import { amountAnswer, metadataAnswer, timeAnswer } from '../border/fields.ts';
import type { Deps } from '../context.ts';
import { refusalSchema } from './refusal.ts';

/** What a quote made of an amount. */
export const exchangeSchema = z.strictObject({
  quoteId: z.string(),
  rate: z.string().openapi({ example: '1.0850' }),
  amount: amountAnswer.openapi({ description: 'What reaches the destination' }),
  currency: z.string().openapi({ example: 'USD' }),
});

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
        leg: z.enum(LEGS),
        accountId: z.string(),
        version: z.int(),
        occurredAt: timeAnswer,
      }),
    ),
    workflow: z.strictObject({
      id: z.string().openapi({ example: 'main/transfer/rent-2026-08' }),
      url: z.string().nullable().openapi({ description: "The workflow in Temporal's Web UI" }),
    }),
    fee: amountAnswer.openapi({ example: '0.00', description: 'What the source pays besides' }),
    exchange: exchangeSchema.nullable(),
    executeAt: timeAnswer.nullable().openapi({ description: 'Scheduled: not before this instant' }),
    approval: z
      .strictObject({ threshold: amountAnswer, expiresAt: timeAnswer, approved: z.boolean() })
      .nullable()
      .openapi({ description: 'A person is asked before the debit of more than the threshold' }),
    reverses: z.string().nullable().openapi({ description: 'The transfer that this one takes back' }),
    reversed: amountAnswer.openapi({ example: '0.00', description: 'How much of it reversals took back' }),
    holdId: z.string().nullable().openapi({ description: 'The hold that it captured' }),
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
  transfer: Transfer,
  command: ClaimingCommand,
  config: Deps['config'],
): TransferView {
  const money = (amountMinor: bigint) => formatAmount(amountMinor, transfer.currency);
  const { approval } = transfer;
  return {
    id: transfer.transferId,
    from: transfer.from,
    to: transfer.to,
    amount: money(transfer.amountMinor),
    currency: transfer.currency,
    status: transfer.status,
    refusal: transfer.refusal,
    legs: transfer.legs.map(({ leg, accountId, version, occurredAt }) => ({
      leg,
      accountId,
      version,
      occurredAt,
    })),
    workflow: workflowLink(command.workflowId, config),
    fee: money(transfer.feeMinor),
    exchange: exchangeView(transfer),
    executeAt: transfer.executeAt,
    approval: approval && {
      threshold: money(approval.thresholdMinor),
      expiresAt: approval.expiresAt,
      approved: approval.approved,
    },
    reverses: transfer.reverses,
    reversed: money(transfer.reversedMinor),
    holdId: transfer.holdId,
    description: transfer.description,
    reference: transfer.reference,
    metadata: transfer.metadata,
    createdAt: command.createdAt,
    finishedAt: transfer.finishedAt,
  };
}

function workflowLink(workflowId: string | null, config: Deps['config']): TransferView['workflow'] {
  if (workflowId === null) throw new Error("a transfer's command always has a workflow");
  return { id: workflowId, url: workflowUrl(workflowId, config) };
}

/** Where Temporal's Web UI is. */
export type WebUi = Pick<Deps['config'], 'TEMPORAL_UI_URL' | 'TEMPORAL_NAMESPACE'>;

/** The workflow's page in Temporal's Web UI; null where none is configured. */
export function workflowUrl(workflowId: string, config: WebUi): string | null {
  if (config.TEMPORAL_UI_URL === '') return null;
  const base = config.TEMPORAL_UI_URL.replace(/\/+$/, '');
  return `${base}/namespaces/${config.TEMPORAL_NAMESPACE}/workflows/${encodeURIComponent(workflowId)}`;
}

/** What a quote made of the amount; null where nothing was exchanged. */
export function exchangeView(terms: TransferTerms): TransferView['exchange'] {
  const { quoteId, rate, creditMinor, creditCurrency } = terms;
  if (quoteId === null || rate === null) return null;
  return { quoteId, rate, amount: formatAmount(creditMinor, creditCurrency), currency: creditCurrency };
}
