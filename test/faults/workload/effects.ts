import type { Asked } from './asked.ts';
import { accountOf, type Fact } from './history.ts';

/** All events that one wish came to, by what they did. */
export type Effects = {
  /** Of cash: its one movement; of a hold: FundsHeld. */
  readonly done: readonly Fact[];
  readonly debits: readonly Fact[];
  readonly credits: readonly Fact[];
  readonly refunds: readonly Fact[];
  readonly parked: readonly Fact[];
  /** TransferRejected and TransferCancelled. */
  readonly refused: readonly Fact[];
};

/** Events that belong to no wish, for accounts are opened and closed, or that only repeat what a leg says. */
const ASIDE = [
  'AccountOpened',
  'AccountClosed',
  'HoldReleased',
  'CreditRefused',
  'ReversalDebited',
  'ReversalRefunded',
];

/** The events of each wish, and those that nobody asked for. */
export function assignEffects(facts: readonly Fact[], asked: ReadonlyMap<string, Asked>) {
  const effects = new Map<string, Fact[]>();
  const unasked: Fact[] = [];
  for (const fact of facts) {
    if (ASIDE.includes(fact.type)) continue;
    const id = wishOf(fact);
    if (id === null || !asked.has(id)) unasked.push(fact);
    else effects.set(id, [...(effects.get(id) ?? []), fact]);
  }
  return { effectsOf: (id: string) => sortOut(effects.get(id) ?? []), unasked };
}

function wishOf(fact: Fact): string | null {
  if (fact.type === 'FundsHeld') return fact.holdId;
  if (fact.type === 'MoneyDeposited' || fact.type === 'MoneyWithdrawn') return fact.description;
  return fact.transferId;
}

function sortOut(facts: readonly Fact[]): Effects {
  const of = (...types: string[]) => facts.filter(({ type }) => types.includes(type));
  return {
    done: of('MoneyDeposited', 'MoneyWithdrawn', 'FundsHeld'),
    debits: of('TransferDebited', 'HoldCaptured'),
    credits: of('TransferCredited'),
    refunds: of('TransferRefunded'),
    parked: of('RefundParked'),
    refused: of('TransferRejected', 'TransferCancelled'),
  };
}

/** What a transfer came to, by its events alone; null where nothing was decided of it. */
export function endOf({ debits, credits, refunds, parked, refused }: Effects): string | null {
  if (credits.length > 0) return 'completed';
  if (refunds.length > 0) return 'refunded';
  if (parked.length > 0) return 'needs_attention';
  if (debits.length > 0) return 'debited';
  const [refusal] = refused;
  if (refusal === undefined) return null;
  return refusal.type === 'TransferRejected' ? 'rejected' : 'cancelled';
}

/** `account a2 at version 7`, for a violation's sentence. */
export function placeOf(fact: Fact): string {
  const accountId = accountOf(fact);
  return `${accountId === null ? fact.streamId : `account ${accountId}`} at version ${fact.version}`;
}
