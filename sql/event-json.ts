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

function dataJson({ data }: DomainEvent): Record<string, unknown> {
  const fields = Object.entries(data).map(([name, value]: [string, unknown]) =>
    name.endsWith('Minor') ? [name.slice(0, -'Minor'.length), amountJson(data, name, value)] : [name, value],
  );
  return Object.fromEntries(fields);
}

/** Amounts are in the event's currency; only what a quote made of them is in the destination's. */
function amountJson(data: DomainEvent['data'], name: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  if (name === 'creditMinor' && 'creditCurrency' in data) return formatAmount(value, data.creditCurrency);
  if (!('currency' in data)) throw new Error(`${name} has no currency to be told in`);
  return formatAmount(value, data.currency);
}
