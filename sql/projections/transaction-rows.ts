import { changeOf, isMoneyEvent, type MoneyEvent } from '../../domain/double-entry.ts';
import type { LegEvent } from '../../domain/events.ts';
import { accountIdOf } from '../../domain/ids.ts';
import { unreachable } from '../../domain/unreachable.ts';
import type { Step } from './step.ts';
import type { TransactionRow, TransactionType } from './transactions.ts';

/** The transaction that an event is; none for an event that moves no money. */
export function toTransactions({ event, fact }: Step): TransactionRow[] {
  if (!isMoneyEvent(fact)) return [];
  switch (fact.type) {
    case 'MoneyDeposited':
      return [{ ...common(event, 'deposit', fact), transactionId: event.metadata.commandId }];
    case 'MoneyWithdrawn':
      return [{ ...common(event, 'withdrawal', fact), transactionId: event.metadata.commandId }];
    case 'TransferDebited':
    case 'HoldCaptured':
      return [leg(event, 'debit', fact, fact.data.to)];
    case 'TransferCredited':
      return [leg(event, 'credit', fact, fact.data.from)];
    case 'TransferRefunded':
      return [leg(event, 'refund', fact, counterpartyOf(fact.data))];
    default:
      return unreachable(fact);
  }
}

/** A refund comes back from the destination; an account that it was settled to gets it from the source. */
function counterpartyOf({ from, to, refundedTo }: Extract<LegEvent, { type: 'TransferRefunded' }>['data']) {
  return refundedTo === from ? to : from;
}

function common(
  event: Step['event'],
  type: TransactionType,
  fact: MoneyEvent,
): Omit<TransactionRow, 'transactionId'> {
  const { changeMinor, currency } = changeOf(fact);
  const { balanceMinor, description, metadata } = fact.data;
  return {
    tenant: event.tenant,
    accountId: accountIdOf(event.streamId),
    version: event.version,
    type,
    amountMinor: changeMinor,
    currency,
    openingBalanceMinor: balanceMinor - changeMinor,
    closingBalanceMinor: balanceMinor,
    transferId: null,
    counterpartyId: null,
    description,
    metadata,
    position: event.position,
    occurredAt: event.occurredAt,
  };
}

function leg(
  event: Step['event'],
  side: 'debit' | 'credit' | 'refund',
  fact: LegEvent,
  counterpartyId: string,
): TransactionRow {
  const { transferId } = fact.data;
  const row = common(event, `transfer_${side}`, fact);
  return { ...row, transactionId: `${transferId}:${side}`, transferId, counterpartyId };
}
