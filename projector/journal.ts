import { accountIdOf, type SystemAccount } from '../domain/ids.ts';
import { unreachable } from '../domain/unreachable.ts';
import { insertEntries, type JournalEntry } from '../sql/projections/journal.ts';
import { followsEverything, pureProjection, type Step } from './projection.ts';

/** One balanced entry for each money event, and running totals, so that the sums of all accounts are 0. */
export const journal = pureProjection({
  name: 'journal',
  follows: followsEverything,
  toRow: toEntry,
  write: ({ client, target, partition }, rows) => insertEntries(client, target.generation, partition, rows),
});

/** The entry of an event; null for an event that moves no money. */
export function toEntry({ event, fact }: Step): JournalEntry | null {
  switch (fact.type) {
    case 'MoneyDeposited':
      return entry(event, fact.data, system('external'), accountIdOf(event.streamId));
    case 'MoneyWithdrawn':
      return entry(event, fact.data, accountIdOf(event.streamId), system('external'));
    case 'TransferDebited':
      return entry(event, fact.data, fact.data.from, system('transit'));
    case 'TransferCredited':
      return entry(event, fact.data, system('transit'), fact.data.to);
    case 'TransferRefunded':
      return entry(event, fact.data, system('transit'), fact.data.from);
    case 'RefundParked':
      return entry(event, fact.data, system('transit'), system('suspense'));
    case 'AccountOpened':
    case 'AccountFrozen':
    case 'AccountUnfrozen':
    case 'AccountClosed':
    case 'TransferRejected':
    case 'TransferCancelled':
    case 'CreditRefused':
      return null;
    default:
      return unreachable(fact);
  }
}

function entry(
  event: Step['event'],
  { amountMinor, currency }: { amountMinor: bigint; currency: string },
  debitAccount: string,
  creditAccount: string,
): JournalEntry {
  const { tenant, streamId, version, position, occurredAt } = event;
  return {
    tenant,
    streamId,
    version,
    position,
    occurredAt,
    debitAccount,
    creditAccount,
    amountMinor,
    currency,
  };
}

function system(account: SystemAccount): string {
  return account;
}
