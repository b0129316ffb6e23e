import { entriesOf } from '../../domain/double-entry.ts';
import type { DomainEvent } from '../../domain/events.ts';
import { debitTotalMinor } from '../../domain/terms.ts';
import type { Transfer } from '../../domain/transfer.ts';

/** Where money is that has left its source and has not arrived. */
const PLACES = ['transit', 'suspense'] as const;
export type Place = (typeof PLACES)[number];

export type TransitSum = {
  readonly place: Place;
  readonly currency: string;
  readonly eventsMinor: bigint;
  readonly headsMinor: bigint;
};

/** Money that has left its source and has not arrived, per currency, once by events and once by heads. */
export type Transit = {
  add(event: DomainEvent): void;
  addHead(transfer: Transfer): void;
  /** Per place and currency what the events leave there, and what the heads say. */
  sums(): TransitSum[];
};

type Sums = Record<Place, { eventsMinor: bigint; headsMinor: bigint }>;

/** All sums at 0. */
export function createTransit(): Transit {
  const currencies = new Map<string, Sums>();
  const sumsOf = (currency: string): Sums => {
    const none = { eventsMinor: 0n, headsMinor: 0n };
    const sums = currencies.get(currency) ?? { transit: { ...none }, suspense: { ...none } };
    currencies.set(currency, sums);
    return sums;
  };
  return {
    add(event) {
      // Whose stream it is matters to neither place.
      for (const { debitAccount, creditAccount, amountMinor, currency } of entriesOf(event, '')) {
        for (const place of PLACES) {
          if (creditAccount === place) sumsOf(currency)[place].eventsMinor += amountMinor;
          if (debitAccount === place) sumsOf(currency)[place].eventsMinor -= amountMinor;
        }
      }
    },
    addHead(transfer) {
      const place = placeOf(transfer);
      if (place !== null) sumsOf(transfer.currency)[place].headsMinor += debitTotalMinor(transfer);
    },
    sums: () =>
      [...currencies].flatMap(([currency, sums]) =>
        PLACES.map((place) => ({ place, currency, ...sums[place] })),
      ),
  };
}

function placeOf({ status }: Transfer): Place | null {
  if (status === 'debited') return 'transit';
  return status === 'needs_attention' ? 'suspense' : null;
}
