import type { EventRow, Facts } from './facts.ts';
import type { FaultKind } from './faults.ts';
import { effectOf } from './model.ts';

/** A refusal, and what must have been so when it was decided. */
type Refused = {
  readonly what: string;
  readonly code: string | null;
  readonly at: string;
  /** The account that refused; null where the saga gave up, or a person cancelled. */
  readonly account: string | null;
  /** What was to be taken from that account; 0 where it was to be given to it. */
  readonly takenMinor: bigint;
  readonly transfer: EventRow['data'] | null;
};

/** By which faults a saga may come to its deadline. */
const HOLD_UP: readonly FaultKind[] = [
  'step starved to its deadline',
  'replies lost to the deadline',
  'Postgres away',
  'attempt died',
  'zombie attempt',
  'worker killed',
];

/** I9: whoever was refused was refused for a reason that held at the instant when it was decided. */
export function checkReasons(facts: Facts, counts: ReadonlyMap<FaultKind, number>): string[] {
  const history = historiesOf(facts.events);
  const cancelled = new Set(
    facts.commands.flatMap(({ type, status, resourceId }) =>
      type === 'cancel' && status === 'completed' ? [resourceId] : [],
    ),
  );

  function holds({ code, at, account, takenMinor, transfer }: Refused): boolean {
    const events = account === null ? [] : history.get(account);
    switch (code) {
      case 'account-not-found':
        return account !== null && events === undefined;
      case 'account-closed':
        return has(events, 'AccountClosed', at);
      case 'account-frozen':
        return has(events, 'AccountFrozen', at);
      case 'insufficient-funds':
        return takenMinor > 0n && lacked(events, takenMinor, at);
      case 'reversal-exceeds-original':
        return transfer !== null && transfer.reverses !== null;
      case 'cancelled':
        return transfer !== null && cancelled.has(String(transfer.transferId));
      case 'deadline-exceeded':
        return account === null && HOLD_UP.some((kind) => counts.has(kind));
      case 'processing-failed':
        return account === null && counts.has('workflow cancelled');
      default:
        return false;
    }
  }

  return [...refusedCash(facts), ...facts.events.flatMap(refusedTransfer)]
    .filter((refused) => !holds(refused))
    .map(({ what, code, at }) => `I9: ${what} was refused with ${code} at ${at}, which did not hold`);
}

function refusedCash({ commands }: Facts): Refused[] {
  return commands
    .filter(({ type, status }) => status === 'refused' && (type === 'deposit' || type === 'withdraw'))
    .map(({ id, type, accountId, amountMinor, refusal, finishedAt }) => ({
      ...{ what: `${type} ${id}`, code: refusal, at: finishedAt ?? '', account: accountId, transfer: null },
      takenMinor: type === 'withdraw' ? BigInt(amountMinor ?? 0) : 0n,
    }));
}

function refusedTransfer({ type, data, at }: EventRow): Refused[] {
  const code = (data.refusal as { code: string } | undefined)?.code ?? null;
  const told = { what: `transfer ${data.transferId}`, code, at, transfer: data, takenMinor: 0n };
  if (type === 'TransferRejected') {
    return [{ ...told, account: String(data.from), takenMinor: BigInt(String(data.amountMinor)) }];
  }
  if (type === 'CreditRefused') return [{ ...told, account: String(data.to) }];
  return type === 'TransferCancelled' ? [{ ...told, account: null }] : [];
}

/** The events of each account, in order. */
function historiesOf(events: readonly EventRow[]): Map<string, EventRow[]> {
  const histories = new Map<string, EventRow[]>();
  for (const event of events) {
    if (!event.stream.startsWith('account-')) continue;
    const account = event.stream.slice('account-'.length);
    histories.set(account, [...(histories.get(account) ?? []), event]);
  }
  return histories;
}

/** Whether there was less than that at an instant; of several events in one instant any may have been the last. */
function lacked(history: readonly EventRow[] = [], amountMinor: bigint, at: string): boolean {
  let balanceMinor = 0n;
  let leastMinor = 0n;
  for (const event of history) {
    if (event.at > at) break;
    balanceMinor += effectOf(event).accountMinor;
    leastMinor = event.at < at || balanceMinor < leastMinor ? balanceMinor : leastMinor;
  }
  return leastMinor < amountMinor;
}

function has(history: readonly EventRow[] = [], type: string, at: string): boolean {
  return history.some((event) => event.type === type && event.at <= at);
}
