import { accountIdOf } from '../domain/ids.ts';
import { unreachable } from '../domain/unreachable.ts';
import {
  type TransactionRow,
  type TransactionType,
  upsertTransactions,
} from '../sql/projections/transactions.ts';
import { followsAccounts, pureProjection, type Step } from './projection.ts';

/** Every movement of an account, with the balance before and after it. */
export const transactions = pureProjection({
  name: 'transactions',
  follows: followsAccounts,
  toRow: toTransaction,
  write: ({ client, target }, rows) => upsertTransactions(client, target.generation, rows),
});

/** The transaction that an event is; null for an event that moves no money. */
export function toTransaction({ event, fact }: Step): TransactionRow | null {
  switch (fact.type) {
    case 'MoneyDeposited':
      return { ...common(event, 'deposit', fact.data, 1n), transactionId: event.metadata.commandId };
    case 'MoneyWithdrawn':
      return { ...common(event, 'withdrawal', fact.data, -1n), transactionId: event.metadata.commandId };
    case 'TransferDebited':
      return leg(event, 'debit', fact.data, fact.data.to);
    case 'TransferCredited':
      return leg(event, 'credit', fact.data, fact.data.from);
    case 'TransferRefunded':
      return leg(event, 'refund', fact.data, fact.data.to);
    case 'AccountOpened':
    case 'AccountFrozen':
    case 'AccountUnfrozen':
    case 'AccountClosed':
    case 'TransferRejected':
    case 'TransferCancelled':
    case 'CreditRefused':
    case 'RefundParked':
      return null;
    default:
      return unreachable(fact);
  }
}

type Movement = Pick<TransactionRow, 'amountMinor' | 'currency' | 'description' | 'metadata'> & {
  readonly balanceMinor: bigint;
};

function common(
  event: Step['event'],
  type: TransactionType,
  movement: Movement,
  sign: 1n | -1n,
): Omit<TransactionRow, 'transactionId'> {
  const amountMinor = sign * movement.amountMinor;
  return {
    tenant: event.tenant,
    accountId: accountIdOf(event.streamId),
    version: event.version,
    type,
    amountMinor,
    currency: movement.currency,
    openingBalanceMinor: movement.balanceMinor - amountMinor,
    closingBalanceMinor: movement.balanceMinor,
    transferId: null,
    counterpartyId: null,
    description: movement.description,
    metadata: movement.metadata,
    position: event.position,
    occurredAt: event.occurredAt,
  };
}

function leg(
  event: Step['event'],
  side: 'debit' | 'credit' | 'refund',
  movement: Movement & { transferId: string },
  counterpartyId: string,
): TransactionRow {
  const { transferId } = movement;
  const row = common(event, `transfer_${side}`, movement, side === 'debit' ? -1n : 1n);
  return { ...row, transactionId: `${transferId}:${side}`, transferId, counterpartyId };
}
