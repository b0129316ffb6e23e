import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { checkJson } from '../border/json.ts';
import type { AppEnv } from '../context.ts';
import { Problem, wrongField } from '../problem.ts';

/** The largest body that any route of today needs. */
const MAX_BODY_BYTES = 1_000_000;

/** Refuses a body of more than 1 MB while it is read, not after. */
export const limitBody: MiddlewareHandler<AppEnv> = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: () => {
    throw new Problem('payload-too-large', `A body may have at most ${MAX_BODY_BYTES} bytes.`);
  },
});

/**
 * Checks the body of a POST before any validator sees it: JSON by its media type, UTF-8, and what JSON.parse
 * would let through. A POST without a body passes: whether it needs one is its route's to say.
 */
export const strictJson: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.req.method === 'POST') {
    const bytes = await c.req.arrayBuffer();
    const contentType = c.req.header('content-type');
    if (bytes.byteLength > 0 || contentType !== undefined) checkBody(bytes, contentType);
  }
  await next();
};

function checkBody(bytes: ArrayBuffer, contentType: string | undefined): void {
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw new Problem('unsupported-media-type', 'Send the body as Content-Type: application/json.');
  }
  checkJson(decode(bytes));
}

function decode(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw wrongField('', 'is not UTF-8 text');
  }
}
