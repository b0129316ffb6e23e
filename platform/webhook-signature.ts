import { createHmac, timingSafeEqual } from 'node:crypto';

/** How old a signature may be: a request that somebody recorded cannot be sent again later. */
const TOLERANCE_S = 300;

/**
 * The value of `Remit-Signature`: `t=<unix seconds>,v1=<hex hmac-sha256 of "<t>.<body>" with the secret>`,
 * which is Stripe's scheme.
 */
export function signWebhook(secret: string, body: string, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1000);
  return `t=${seconds},v1=${macOf(secret, seconds, body)}`;
}

/**
 * What a receiver does before it trusts a request: true where the body, byte for byte as received, was signed with
 * the secret at most five minutes (or `toleranceS` seconds) before or after `now`.
 * @example verifyWebhook(secret, request.headers['remit-signature'], body, new Date())
 */
export function verifyWebhook(
  secret: string,
  signature: string,
  body: string,
  now: Date,
  toleranceS = TOLERANCE_S,
): boolean {
  const match = /^t=([0-9]{1,12}),v1=([0-9a-f]{64})$/.exec(signature);
  if (match === null) return false;
  const seconds = Number(match[1]);
  if (Math.abs(now.getTime() / 1000 - seconds) > toleranceS) return false;
  return timingSafeEqual(Buffer.from(match[2] ?? ''), Buffer.from(macOf(secret, seconds, body)));
}

function macOf(secret: string, seconds: number, body: string): string {
  return createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
}
