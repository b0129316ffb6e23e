import { z } from '@hono/zod-openapi';
import { formatAmount } from '../../domain/money.ts';
import type { ReadTransaction } from '../../sql/list-transactions.ts';
import type { AccountAnswer } from '../../sql/read-account-answer.ts';
import { amountAnswer, metadataAnswer, timeAnswer } from '../border/fields.ts';

export const transactionSchema = z
  .strictObject({
    id: z.string(),
    accountId: z.string(),
    type: z.enum(['deposit', 'withdrawal', 'transfer_debit', 'transfer_credit', 'transfer_refund']),
    amount: amountAnswer.openapi({ example: '-10.50', description: 'Signed: negative leaves the account' }),
    currency: z.string().openapi({ example: 'EUR' }),
    openingBalance: amountAnswer,
    closingBalance: amountAnswer,
    transferId: z.string().nullable(),
    counterpartyId: z.string().nullable(),
    description: z.string().nullable(),
    metadata: metadataAnswer,
    version: z.int(),
    occurredAt: timeAnswer,
  })
  .openapi('Transaction');

export type TransactionView = z.infer<typeof transactionSchema>;

/** A deposit's or withdrawal's answer: the transaction and the balance it left. */
export const cashAnswerSchema = z
  // A schema of its own: `extend` would be documented as `allOf` of two closed objects, which nothing satisfies.
  .strictObject({ ...transactionSchema.shape, balance: amountAnswer })
  .openapi('CashAnswer');

/** A row of an account's history as the contract shows it. */
export function transactionView(row: ReadTransaction): TransactionView {
  const money = (amountMinor: bigint) => formatAmount(amountMinor, row.currency);
  return {
    id: row.transactionId,
    accountId: row.accountId,
    type: row.type,
    amount: money(row.amountMinor),
    currency: row.currency,
    openingBalance: money(row.openingBalanceMinor),
    closingBalance: money(row.closingBalanceMinor),
    transferId: row.transferId,
    counterpartyId: row.counterpartyId,
    description: row.description,
    metadata: row.metadata,
    version: row.version,
    occurredAt: row.occurredAt,
  };
}

/** What a deposit or withdrawal is answered with. The transaction's id is the command's. */
export function cashView(commandId: string, answer: AccountAnswer): z.infer<typeof cashAnswerSchema> {
  const { event, account } = answer;
  if (event.type !== 'MoneyDeposited' && event.type !== 'MoneyWithdrawn') {
    throw new Error(`command ${commandId} came to ${event.type}, which moves no cash`);
  }
  const { amountMinor, balanceMinor, description, metadata } = event.data;
  const signedMinor = event.type === 'MoneyDeposited' ? amountMinor : -amountMinor;
  const money = (minor: bigint) => formatAmount(minor, account.currency);
  return {
    id: commandId,
    accountId: account.accountId,
    type: event.type === 'MoneyDeposited' ? 'deposit' : 'withdrawal',
    amount: money(signedMinor),
    currency: account.currency,
    openingBalance: money(balanceMinor - signedMinor),
    closingBalance: money(balanceMinor),
    transferId: null,
    counterpartyId: null,
    description,
    metadata,
    version: answer.version,
    occurredAt: answer.occurredAt,
    balance: money(balanceMinor),
  };
}
