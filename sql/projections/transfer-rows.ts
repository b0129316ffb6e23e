import type { DomainEvent, LegEvent, TransferEvent } from '../../domain/events.ts';
import type { Refusal } from '../../domain/refusals.ts';
import { termsOf } from '../../domain/terms.ts';
import { isTransferEvent } from '../../domain/transfer.ts';
import { unreachable } from '../../domain/unreachable.ts';
import type { Step } from './step.ts';
import type { Reversed, TransferFacts, TransferRow } from './transfers.ts';

/** What an event tells about a transfer; nothing for an event that is none's. */
export function toTransfers({ event, fact }: Step): TransferRow[] {
  if (!isTransferEvent(fact)) return [];
  return [
    {
      tenant: event.tenant,
      terms: termsOf(fact.data),
      facts: factsOf(fact, event),
      refusal: refusalOf(fact),
      reversed: reversedOf(fact, event.version),
      firstPosition: event.position,
    },
  ];
}

function factsOf(fact: LegEvent | TransferEvent, event: Step['event']): Partial<TransferFacts> {
  const { version, occurredAt: at } = event;
  switch (fact.type) {
    case 'TransferScheduled':
      return { executeAt: fact.data.executeAt };
    case 'ApprovalRequested': {
      const { expiresAt, thresholdMinor } = fact.data;
      return {
        approvalRequestedAt: at,
        approvalExpiresAt: expiresAt,
        approvalThresholdMinor: thresholdMinor,
      };
    }
    case 'TransferApproved':
      return { approvedAt: at };
    case 'TransferDebited':
    case 'HoldCaptured':
      return { debitVersion: version, debitAt: at };
    case 'TransferCredited':
      return { creditVersion: version, creditAt: at };
    case 'TransferRefunded':
      if (fact.data.paidFrom === 'transit') return { refundVersion: version, refundAt: at };
      return { settleAccountId: fact.data.refundedTo, settleVersion: version, settleAt: at };
    case 'TransferRejected':
      return { rejectedAt: at };
    case 'TransferCancelled':
      return { cancelledAt: at };
    case 'RefundParked':
      return { parkedAt: at };
    case 'CreditRefused':
    case 'TransferSettled':
    case 'ReversalDebited':
    case 'ReversalRefunded':
      return {};
    default:
      return unreachable(fact);
  }
}

function refusalOf(fact: DomainEvent): Refusal | null {
  return 'refusal' in fact.data ? fact.data.refusal : null;
}

function reversedOf(fact: DomainEvent, version: number): Reversed {
  return 'reversedMinor' in fact.data
    ? { minor: fact.data.reversedMinor, version }
    : { minor: 0n, version: 0 };
}

/** One row a transfer, because one statement can write a row only once. */
export function mergeRows(rows: readonly TransferRow[]): TransferRow[] {
  const merged = new Map<string, TransferRow>();
  for (const row of rows) {
    const key = `${row.tenant}/${row.terms.transferId}`;
    const known = merged.get(key);
    merged.set(key, known === undefined ? row : joinRows(known, row));
  }
  return [...merged.values()];
}

/** What two sets of events of one transfer tell together, whichever is first. */
export function joinRows(known: TransferRow, row: TransferRow): TransferRow {
  return {
    ...known,
    facts: { ...known.facts, ...row.facts },
    refusal: joinRefusals(known, row),
    reversed: row.reversed.version > known.reversed.version ? row.reversed : known.reversed,
    firstPosition: lower(row.firstPosition, known.firstPosition),
  };
}

/** As in SQL: the refusal of the ending stands, whichever comes first. */
function joinRefusals(known: TransferRow, row: TransferRow): Refusal | null {
  if (ending(row) > ending(known)) return row.refusal;
  if (ending(row) < ending(known)) return known.refusal;
  return known.refusal ?? row.refusal;
}

function ending({ facts }: TransferRow): number {
  if (facts.settleAt !== undefined || facts.refundAt !== undefined) return 2;
  return facts.parkedAt === undefined ? 0 : 1;
}

/** Math.min knows no bigint. */
function lower(one: bigint, other: bigint): bigint {
  if (one < other) return one;
  return other;
}
