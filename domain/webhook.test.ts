import { expect, test } from 'vitest';
import type { Tenant } from './ids.ts';
import { deliveryBackoffMs, deliveryWorkflowId, judgeAttempt } from './webhook.ts';

test('attempts wait 1 s, 2 s, 4 s, … and never more than an hour', () => {
  expect([1, 2, 3, 12].map(deliveryBackoffMs)).toEqual([1_000, 2_000, 4_000, 2_048_000]);
  expect([13, 20, 1_000].map(deliveryBackoffMs)).toEqual([3_600_000, 3_600_000, 3_600_000]);
});

test('2xx delivers, 410 and the last attempt give up, anything else waits', () => {
  expect([200, 204, 299].map((code) => judgeAttempt(code, 1, 3))).toEqual(Array(3).fill('delivered'));
  expect([null, 100, 199, 300, 301, 404, 429, 500].map((code) => judgeAttempt(code, 2, 3))).toEqual(
    Array(8).fill('pending'),
  );
  expect(judgeAttempt(410, 1, 3)).toBe('failed');
  expect([null, 500].map((code) => judgeAttempt(code, 3, 3))).toEqual(['failed', 'failed']);
  expect(judgeAttempt(200, 3, 3)).toBe('delivered');
});

test('each round has a workflow of its own', () => {
  const round = { tenant: 'main' as Tenant, deliveryId: 'd' };
  expect(deliveryWorkflowId({ ...round, round: 1 })).toBe('main/webhook/d');
  expect(deliveryWorkflowId({ ...round, round: 2 })).toBe('main/webhook/d/2');
});
