import { z } from '@hono/zod-openapi';
import { type Account, availableMinor } from '../../domain/account.ts';
import { formatAmount } from '../../domain/money.ts';
import { amountAnswer, metadataAnswer, timeAnswer } from '../border/fields.ts';

const limit = amountAnswer.nullable();
const limitsSchema = z
  .strictObject({
    perTransfer: limit.openapi({ description: 'The most that one transfer, withdrawal or hold may take' }),
    daily: limit.openapi({ description: 'The most that may leave on one day (UTC), holds included' }),
    approvalThreshold: limit.openapi({ description: 'A transfer of more than this waits for approval' }),
  })
  .openapi({ description: 'null is no limit' });

export const accountSchema = z
  .strictObject({
    id: z.string().openapi({ example: 'alice' }),
    ownerId: z.string().nullable(),
    name: z.string().nullable(),
    currency: z.string().openapi({ example: 'EUR' }),
    status: z.enum(['open', 'frozen', 'closed']),
    balance: amountAnswer,
    held: amountAnswer.openapi({ example: '0.00' }),
    available: amountAnswer.openapi({ description: 'balance - held + overdraftLimit' }),
    overdraftLimit: amountAnswer.openapi({ example: '0.00' }),
    limits: limitsSchema,
    version: z.int().openapi({ example: 3, description: "The account's last event that is in this answer" }),
    position: z.int().nullable().openapi({
      example: 17,
      description:
        "That event's place in the global order; null in an answer from the write side, which has none yet",
    }),
    asOf: timeAnswer.openapi({ description: 'When that event was decided' }),
    metadata: metadataAnswer,
    createdAt: timeAnswer,
  })
  .openapi('Account');

export type AccountView = z.infer<typeof accountSchema>;

/** Where an account's state stands. */
export type AccountPlace = {
  readonly version: number;
  readonly position: bigint | null;
  readonly asOf: string;
  readonly createdAt: string;
};

/** An account as the contract shows it. */
export function accountView(account: Account, place: AccountPlace): AccountView {
  const money = (amountMinor: bigint) => formatAmount(amountMinor, account.currency);
  return {
    id: account.accountId,
    ownerId: account.ownerId,
    name: account.name,
    currency: account.currency,
    status: account.status,
    balance: money(account.balanceMinor),
    held: money(account.heldMinor),
    available: money(availableMinor(account)),
    overdraftLimit: money(account.overdraftLimitMinor),
    limits: {
      perTransfer: limitView(account.limits.perTransferMinor, account.currency),
      daily: limitView(account.limits.dailyMinor, account.currency),
      approvalThreshold: limitView(account.limits.approvalThresholdMinor, account.currency),
    },
    version: place.version,
    position: positionView(place.position),
    asOf: place.asOf,
    metadata: account.metadata,
    createdAt: place.createdAt,
  };
}

function limitView(amountMinor: bigint | null, currency: string): string | null {
  return amountMinor === null ? null : formatAmount(amountMinor, currency);
}

/** A position as a JSON number. Throws where it would not be exact, which takes 285 years at a million a second. */
export function positionView<Position extends bigint | null>(
  position: Position,
): Position extends null ? null : number;
export function positionView(position: bigint | null): number | null {
  if (position === null) return null;
  const exact = Number(position);
  if (!Number.isSafeInteger(exact)) throw new Error(`position ${position} is beyond what JSON numbers hold`);
  return exact;
}
