import type { DomainEvent } from '../../domain/events.ts';

/** Money that has left its source and has not arrived, per currency, once by events and once by heads. */
export type Transit = {
  add(event: DomainEvent): void;
  addInFlight(currency: string, amountMinor: bigint): void;
  /** Per currency what the events leave in transit, and what heads in flight say. */
  sums(): { currency: string; eventsMinor: bigint; headsMinor: bigint }[];
};

/** Both sums at 0. */
export function createTransit(): Transit {
  const events = new Map<string, bigint>();
  const heads = new Map<string, bigint>();
  return {
    add(event) {
      const direction = directionOf(event);
      if (direction === 0n || !('amountMinor' in event.data)) return;
      add(events, event.data.currency, direction * event.data.amountMinor);
    },
    addInFlight: (currency, amountMinor) => add(heads, currency, amountMinor),
    sums: () =>
      [...new Set([...events.keys(), ...heads.keys()])].map((currency) => ({
        currency,
        eventsMinor: events.get(currency) ?? 0n,
        headsMinor: heads.get(currency) ?? 0n,
      })),
  };
}

/** Into transit, out of it, or neither. A parked refund moves on to suspense. */
function directionOf(event: DomainEvent): bigint {
  switch (event.type) {
    case 'TransferDebited':
      return 1n;
    case 'TransferCredited':
    case 'TransferRefunded':
    case 'RefundParked':
      return -1n;
    default:
      return 0n;
  }
}

function add(sums: Map<string, bigint>, currency: string, amountMinor: bigint): void {
  sums.set(currency, (sums.get(currency) ?? 0n) + amountMinor);
}
