import type { DomainEvent } from '../domain/events.ts';
import { decodeEvent, decodeKey, decodeMessage, encodeMessage, type LoggedEvent } from '../sql/codec.ts';
import { type StreamKey, streamName } from '../sql/read-stream.ts';

/** Where in Kafka something came from, and when it was sent there (ISO 8601); null for what the store told. */
export type Source = {
  readonly partition: number;
  readonly offset: string;
  readonly sentAt?: string | null;
} | null;

/** An event to apply. `fact` is what the domain makes of it, or why it cannot: decoded once, for all projections. */
export type EventDelivery = {
  readonly kind: 'event';
  readonly stream: StreamKey;
  readonly event: LoggedEvent;
  readonly fact: DomainEvent | Error;
  readonly source: Source;
};

/** A message that no event can be read from; the stream is what its key says, if it says one. */
export type UnreadableDelivery = {
  readonly kind: 'unreadable';
  readonly stream: StreamKey | null;
  readonly payload: string;
  readonly cause: string;
  readonly source: Source;
};

export type Delivery = EventDelivery | UnreadableDelivery;

/** Reads a Kafka message. Never throws: what cannot be read is a delivery as well. */
export function readMessage(
  message: { key: Buffer | null; value: Buffer | null; offset: string; timestamp?: string },
  partition: number,
): Delivery {
  const source = { partition, offset: message.offset, sentAt: toTime(message.timestamp) };
  const payload = message.value?.toString() ?? '';
  try {
    return deliver(decodeMessage(payload), source);
  } catch (error) {
    const stream = decodeKey(message.key?.toString() ?? '');
    return { kind: 'unreadable', stream, payload, cause: describe(error), source };
  }
}

/** Kafka's milliseconds as ISO 8601; null for what is no time, such as the -1 of a message without one. */
function toTime(timestampMs: string | undefined): string | null {
  const sentAt = new Date(/^[0-9]{1,14}$/.test(timestampMs ?? '') ? Number(timestampMs) : Number.NaN);
  return Number.isNaN(sentAt.getTime()) ? null : sentAt.toISOString();
}

/** An event of the store, or of a message, as a delivery. */
export function deliver(event: LoggedEvent, source: Source = null): EventDelivery {
  const stream = { tenant: event.tenant, streamId: event.streamId };
  return { kind: 'event', stream, event, fact: decode(event), source };
}

/** The same event, known to be impossible to apply. */
export function condemn(delivery: Delivery, cause: unknown): Delivery {
  if (delivery.kind === 'unreadable') return delivery;
  return { ...delivery, fact: new Error(describe(cause), { cause }) };
}

/** What a dead letter keeps of a delivery. */
export function payloadOf(delivery: Delivery): string {
  return delivery.kind === 'unreadable' ? delivery.payload : encodeMessage(delivery.event);
}

export function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** Deliveries by stream, each stream's in order; those without a stream are left out. */
export function byStream(deliveries: readonly Delivery[]): Map<string, Delivery[]> {
  const groups = new Map<string, Delivery[]>();
  for (const delivery of deliveries) {
    if (delivery.stream === null) continue;
    const name = streamName(delivery.stream);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [delivery]);
    else group.push(delivery);
  }
  return groups;
}

function decode(event: LoggedEvent): DomainEvent | Error {
  try {
    return decodeEvent(event);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
