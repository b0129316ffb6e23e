import type { LookupAddress } from 'node:dns';
import { setTimeout as sleep } from 'node:timers/promises';
import { isPublicAddress, literalAddress } from './public-address.ts';
import { resolveName } from './resolve-name.ts';

/** How long a name may take to resolve when a webhook is registered; one that takes longer is checked at use. */
const RESOLVE_TIMEOUT_MS = 2_000;

/**
 * Why requests may not go to this URL, as the end of a sentence, or null where they may: by what is written in it.
 * A name is looked up elsewhere, and again at each connection.
 */
export function refuseUrl(url: URL, allowPrivate: boolean): string | null {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must be an http or https URL';
  if (url.username !== '' || url.password !== '') return 'must not carry credentials';
  if (allowPrivate) return null;
  if (url.protocol !== 'https:') return 'must be an https URL';
  const literal = literalAddress(url.hostname);
  if (literal !== null && !isPublicAddress(literal)) return 'must not be an address of a private network';
  return null;
}

/** True where a name resolves to an address that is not public; a name that does not resolve may do so later. */
export async function resolvesPrivately(hostname: string): Promise<boolean> {
  if (literalAddress(hostname) !== null) return false;
  const done = new AbortController();
  const late = sleep(RESOLVE_TIMEOUT_MS, [], { signal: done.signal }).catch(() => []);
  const found: LookupAddress[] = await Promise.race([resolveName(hostname), late]).catch(() => []);
  done.abort();
  return found.some(({ address }) => !isPublicAddress(address));
}
