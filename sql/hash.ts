import { createHash, createHmac } from 'node:crypto';
import { configure } from 'safe-stable-stringify';
import type { StoredEvent } from './codec.ts';

/** Sorted keys; `strict` throws on anything that is not plain JSON instead of leaving it out. */
const canonicalJson = configure({ deterministic: true, strict: true });

/** What the first event of a stream follows. */
export const NO_HASH = '';

/**
 * The link of a stream's hash chain: sha-256 (hex) over the previous event's hash and this event's canonical
 * JSON (keys sorted), so that jsonb's own order of keys does not matter. Altering a row breaks every later link.
 */
export function hashEvent(previousHash: string, event: Omit<StoredEvent, 'hash'>): string {
  return hashJson({ previousHash, ...event });
}

/** sha-256 (hex) of a value's canonical JSON. */
export function hashJson(value: object): string {
  return createHash('sha256').update(canonicalText(value)).digest('hex');
}

/** HMAC-SHA-256 (hex) of a value's canonical JSON: without the key a guess of the value cannot be confirmed. */
export function hashWithKey(key: Buffer, value: object): string {
  return createHmac('sha256', key).update(canonicalText(value)).digest('hex');
}

/** A value's canonical JSON: sorted keys, and nothing that is not plain JSON. */
export function canonicalText(value: object): string {
  const content = canonicalJson(value);
  if (content === undefined) throw new Error('an object always has a JSON text');
  return content;
}
