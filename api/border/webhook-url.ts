import { z } from '@hono/zod-openapi';
import { refuseUrl, resolvesPrivately } from '../../platform/webhook-target.ts';
import { wrongField } from '../problem.ts';

const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const NAME = `(?:${LABEL}\\.)*[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?`;
const OCTET = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const ADDRESS = `(?:${OCTET}\\.){3}${OCTET}`;
const PORT = '(?:6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})';
/** A host is a name or an IPv4 address; there is no place for credentials. */
const URL_PATTERN = new RegExp(`^https?://(?:${NAME}|${ADDRESS})(?::${PORT})?(?:[/?#][!-~]*)?$`);

const MAX_LENGTH = 2_000;

export const webhookUrlField = z
  .string({ error: (issue) => (issue.input === undefined ? 'is required' : 'must be a string') })
  .max(MAX_LENGTH, `must have at most ${MAX_LENGTH} characters`)
  .regex(URL_PATTERN, 'must be an http or https URL of a named host or an IPv4 address, without credentials')
  .openapi({
    example: 'https://example.com/remit',
    description: 'https, and on a public network, unless the server allows private ones',
  });

/**
 * Refuses a URL that requests may not go to: not https, or an address of a private network, or a name that now
 * resolves to one. Every connection checks it again.
 * @throws Problem `validation` at /url
 */
export async function checkWebhookUrl(text: string, allowPrivate: boolean): Promise<void> {
  if (!URL.canParse(text)) throw wrongField('/url', 'must be a URL');
  const url = new URL(text);
  const refused = refuseUrl(url, allowPrivate);
  if (refused !== null) throw wrongField('/url', refused);
  if (!allowPrivate && (await resolvesPrivately(url.hostname))) {
    throw wrongField('/url', 'must not name a host on a private network');
  }
}
