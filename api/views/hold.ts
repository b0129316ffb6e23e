import { z } from '@hono/zod-openapi';
import { type Account, availableMinor } from '../../domain/account.ts';
import { formatAmount } from '../../domain/money.ts';
import { HOLD_STATUSES, type HoldRecord } from '../../sql/read-hold.ts';
import { amountAnswer, metadataAnswer, timeAnswer } from '../border/fields.ts';

const shape = {
  id: z.string().openapi({ example: 'hotel-4711' }),
  accountId: z.string().openapi({ example: 'alice' }),
  amount: amountAnswer,
  currency: z.string().openapi({ example: 'EUR' }),
  status: z.enum(HOLD_STATUSES),
  captured: amountAnswer.nullable().openapi({ description: 'How much of it a transfer took' }),
  transferId: z.string().nullable().openapi({ description: 'The transfer that captured it' }),
  expiresAt: timeAnswer.nullable(),
  description: z.string().nullable(),
  metadata: metadataAnswer,
  createdAt: timeAnswer,
  endedAt: timeAnswer.nullable(),
};

export const holdSchema = z.strictObject(shape).openapi('Hold');

export type HoldView = z.infer<typeof holdSchema>;

/** A hold's answer after a write: the hold, and what it left of the account. */
export const holdAnswerSchema = z
  .strictObject({
    ...shape,
    balance: amountAnswer.openapi({ description: "The account's balance after it" }),
    available: amountAnswer.openapi({ description: 'What may be spent after it' }),
    version: z.int().openapi({ example: 4, description: "The account's version after it" }),
  })
  .openapi('HoldAnswer');

/** A hold as the contract shows it. */
export function holdView(hold: HoldRecord, createdAt: string): HoldView {
  const money = (amountMinor: bigint) => formatAmount(amountMinor, hold.currency);
  return {
    id: hold.holdId,
    accountId: hold.accountId,
    amount: money(hold.amountMinor),
    currency: hold.currency,
    status: hold.status,
    captured: hold.capturedMinor === null ? null : money(hold.capturedMinor),
    transferId: hold.transferId,
    expiresAt: hold.expiresAt,
    description: hold.description,
    metadata: hold.metadata,
    createdAt,
    endedAt: hold.endedAt,
  };
}

/** What a write of a hold is answered with, made of the account as that write left it. */
export function holdAnswerView(
  view: HoldView,
  { account, version }: { readonly account: Account; readonly version: number },
): z.infer<typeof holdAnswerSchema> {
  const money = (amountMinor: bigint) => formatAmount(amountMinor, account.currency);
  return {
    ...view,
    balance: money(account.balanceMinor),
    available: money(availableMinor(account)),
    version,
  };
}
