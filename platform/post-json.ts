import type { LookupAddress } from 'node:dns';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { isPublicAddress } from './public-address.ts';
import { resolveName } from './resolve-name.ts';
import { refuseUrl } from './webhook-target.ts';

/** More of an answer's body than this is not read. */
const MAX_ANSWER_BYTES = 1_024;

export type Post = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Milliseconds for everything, from the look-up of the name to the end of the answer. */
  readonly timeoutMs: number;
  readonly allowPrivate: boolean;
};

/** How a request ended: with a status code, or without one, and then why. */
export type Posted =
  | { readonly statusCode: number; readonly error: null }
  | { readonly statusCode: null; readonly error: string };

/** A target on a private network: not an outage of the receiver, but never to be connected to. */
class PrivateAddressError extends Error {
  readonly code = 'PRIVATE_ADDRESS';
}

/**
 * POSTs JSON to an address that strangers chose. Follows no redirect, reads at most 1 KB of the answer, keeps no
 * connection. Every address that the name resolves to is checked at the connection itself, so that a name which
 * changes its mind after it was checked gains nothing. Never throws: failures are values.
 */
export async function postJson(post: Post): Promise<Posted> {
  const url = new URL(post.url);
  const refused = refuseUrl(url, post.allowPrivate);
  if (refused !== null) return { statusCode: null, error: `The URL ${refused}.` };
  const signal = AbortSignal.timeout(post.timeoutMs);
  try {
    const answer = await answerOf(begin(url, post, signal), post.body);
    await skim(answer).catch(() => undefined);
    return { statusCode: answer.statusCode ?? 0, error: null };
  } catch (error) {
    return { statusCode: null, error: signal.aborted ? 'timeout' : nameOf(error) };
  }
}

function begin(url: URL, { headers, body, allowPrivate }: Post, signal: AbortSignal): ClientRequest {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return request(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      'user-agent': 'Remit-Webhook/1',
      ...headers,
    },
    agent: false,
    signal,
    ...(allowPrivate ? {} : { lookup: publicLookup }),
  });
}

function answerOf(request: ClientRequest, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    // Stays: after the answer began, the time-out and a broken connection end the answer by themselves.
    request.on('error', reject);
    request.end(body);
  });
}

/** Reads a little, so that a receiver is not cut off in the middle of a word; the status is all that counts. */
async function skim(answer: IncomingMessage): Promise<void> {
  let bytes = 0;
  // Leaving the loop destroys the answer and its connection.
  for await (const chunk of answer) {
    bytes += Buffer.byteLength(chunk);
    if (bytes > MAX_ANSWER_BYTES) return;
  }
}

/** Resolves a name for a connection, and fails where any of its addresses is not public. */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  publicAddresses(hostname).then(
    (addresses) => {
      const [first] = addresses;
      if (first === undefined) callback(new Error(`${hostname} has no address`), '');
      else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    },
    (error: NodeJS.ErrnoException) => callback(error, ''),
  );
};

async function publicAddresses(hostname: string): Promise<LookupAddress[]> {
  const addresses = await resolveName(hostname);
  const hidden = addresses.some(({ address }) => !isPublicAddress(address));
  if (hidden) throw new PrivateAddressError(`${hostname} is not a public address`);
  return addresses;
}

/** A short stable name, such as ECONNREFUSED: what a receiver's owner needs, and nothing of this machine. */
function nameOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return 'request failed';
}
