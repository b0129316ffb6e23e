import type { DomainEvent, EventMetadata } from '../domain/events.ts';
import { formatAmount } from '../domain/money.ts';
import { decodeEvent } from './codec.ts';
import type { PlacedEvent } from './list-events.ts';

/** An event as the outside sees it, over HTTP, in a stream and in a webhook. */
export type EventJson = {
  readonly position: number | null;
  readonly streamId: string;
  readonly version: number;
  readonly type: DomainEvent['type'];
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: EventMetadata;
  readonly occurredAt: string;
  readonly hash: string;
};

/**
 * A stored event for the outside: amounts of minor units (`amountMinor`) become decimal strings (`amount`).
 * @throws Error where the stored event is none that Remit can read
 */
export function eventJson(stored: PlacedEvent): EventJson {
  const { position, streamId, version, metadata, occurredAt, hash } = stored;
  const event = decodeEvent(stored);
  return {
    position: position === null ? null : Number(position),
    streamId,
    version,
    type: event.type,
    data: dataJson(event),
    metadata,
    occurredAt,
    hash,
  };
}

function dataJson(event: DomainEvent): Record<string, unknown> {
  const fields = Object.entries(event.data).map(([name, value]: [string, unknown]) =>
    name.endsWith('Minor') ? [name.slice(0, -'Minor'.length), amountJson(event, name, value)] : [name, value],
  );
  return Object.fromEntries(fields);
}

function amountJson(event: DomainEvent, name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? formatAmount(value, currencyOf(event, name)) : value;
}

/** Amounts are in the event's currency; only what a quote made of them is in the destination's, and its balance. */
function currencyOf({ type, data }: DomainEvent, name: string): string {
  const arrived = name === 'creditMinor' || (name === 'balanceMinor' && type === 'TransferCredited');
  if (arrived && 'creditCurrency' in data) return data.creditCurrency;
  if (!('currency' in data)) throw new Error(`${name} has no currency to be told in`);
  return data.currency;
}
