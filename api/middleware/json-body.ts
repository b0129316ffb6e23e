import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { readJson } from '../border/json.ts';
import type { AppEnv } from '../context.ts';
import { Problem, wrongField } from '../problem.ts';

/** The largest body that any route needs, but for those that take many things at once. */
const MAX_BODY_BYTES = 1_000_000;
const MAX_LARGE_BODY_BYTES = 16_000_000;
const LARGE_BODY_PATHS: ReadonlySet<string> = new Set(['/api/transfer-batches']);

/** RFC 8259: JSON on the wire is UTF-8; a charset, where one is given, must say so. */
const JSON_IN_UTF8 = /^\s*application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

/** Refuses a body of more than 1 MB (16 MB for a batch) while it is read, not after. */
export const limitBody: MiddlewareHandler<AppEnv> = (c, next) => {
  const limit = LARGE_BODY_PATHS.has(c.req.path) ? limitLargeBody : limitAnyBody;
  return limit(c, next).catch(explainAbort);
};

const limitAnyBody = limitTo(MAX_BODY_BYTES);
const limitLargeBody = limitTo(MAX_LARGE_BODY_BYTES);

/**
 * A body whose length is told is as long as that, for Node reads no more of it: looking at the body itself, as the
 * middleware does, would make a web stream of it, which costs a millisecond.
 */
function limitTo(maxSize: number): MiddlewareHandler<AppEnv> {
  const refuse = () => {
    throw new Problem('payload-too-large', `A body may have at most ${maxSize} bytes.`);
  };
  const limitUntold = bodyLimit({ maxSize, onError: refuse });
  return async (c, next) => {
    const length = c.req.header('content-length');
    if (length === undefined || c.req.header('transfer-encoding') !== undefined) return limitUntold(c, next);
    if (Number(length) > maxSize) refuse();
    await next();
  };
}

/**
 * Checks a body before any validator sees it: JSON by its media type, UTF-8, and what JSON.parse would let
 * through. A request without a body passes: whether it needs one is its route's to say.
 */
export const strictJson: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
    const bytes = await c.req.arrayBuffer().catch(explainAbort);
    const contentType = c.req.header('content-type');
    // A DELETE may say what it would send and send nothing; elsewhere a media type announces a body.
    const announced = contentType !== undefined && c.req.method !== 'DELETE';
    if (bytes.byteLength > 0 || announced) {
      checkEncoding(c.req.header('content-encoding'));
      const body = readBody(bytes, contentType);
      // Validators find it parsed: Hono itself would make a Response of the bytes, read that as text, and parse it again.
      Object.assign(c.req, { json: async () => body });
    }
  }
  await next();
};

/** A client that hangs up in the middle is no outage of ours. */
function explainAbort(error: unknown): never {
  const hungUp = error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
  throw hungUp ? new Problem('validation', 'The body was not received whole.', { cause: error }) : error;
}

function checkEncoding(encoding: string | undefined): void {
  if (encoding === undefined || encoding.trim().toLowerCase() === 'identity') return;
  throw new Problem('unsupported-media-type', 'Send the body without a Content-Encoding.');
}

function readBody(bytes: ArrayBuffer, contentType: string | undefined): unknown {
  if (!JSON_IN_UTF8.test(contentType ?? '')) {
    throw new Problem('unsupported-media-type', 'Send the body as Content-Type: application/json, in UTF-8.');
  }
  return readJson(decode(bytes));
}

function decode(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw wrongField('', 'is not UTF-8 text');
  }
}
