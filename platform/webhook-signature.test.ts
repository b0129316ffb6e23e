import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { signWebhook, verifyWebhook } from './webhook-signature.ts';

const SECRET = 'whsec_test';
const BODY = '{"position":1,"name":"Zoë"}';
const AT = new Date('2026-08-01T12:00:00.900Z');
const later = (seconds: number) => new Date(AT.getTime() + seconds * 1000);

test("the signature is Stripe's scheme: an HMAC over the time and the body", () => {
  const seconds = Math.floor(AT.getTime() / 1000);
  const mac = createHmac('sha256', SECRET).update(`${seconds}.${BODY}`, 'utf8').digest('hex');
  expect(signWebhook(SECRET, BODY, AT)).toBe(`t=${seconds},v1=${mac}`);
});

test('what was signed verifies, for five minutes', () => {
  const signature = signWebhook(SECRET, BODY, AT);
  expect(verifyWebhook(SECRET, signature, BODY, AT)).toBe(true);
  expect(verifyWebhook(SECRET, signature, BODY, later(299))).toBe(true);
  expect(verifyWebhook(SECRET, signature, BODY, later(302))).toBe(false);
  expect(verifyWebhook(SECRET, signature, BODY, later(-302))).toBe(false);
  expect(verifyWebhook(SECRET, signature, BODY, later(3_000), 4_000)).toBe(true);
});

test('another body, secret or time does not verify, nor does what is no signature', () => {
  const signature = signWebhook(SECRET, BODY, AT);
  expect(verifyWebhook(SECRET, signature, `${BODY} `, AT)).toBe(false);
  expect(verifyWebhook('whsec_other', signature, BODY, AT)).toBe(false);
  const second = Math.floor(AT.getTime() / 1000);
  expect(verifyWebhook(SECRET, signature.replace(`t=${second},`, `t=${second + 1},`), BODY, AT)).toBe(false);
  for (const text of ['', 't=1', `t=1,v1=${'0'.repeat(63)}`, `v1=${'0'.repeat(64)}`, `${signature},v1=x`])
    expect(verifyWebhook(SECRET, text, BODY, AT)).toBe(false);
});
