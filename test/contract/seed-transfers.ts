import { expect, vi } from 'vitest';
import { ask } from '../ask.ts';
import type { House } from '../house.ts';
import type { Seeds } from './seeds.ts';

const SOON = { timeout: 30_000, interval: 50 };
const EUR = { currency: 'EUR' };
/** With the euro that is left, as much as a balance can be. */
const MOST = { ...EUR, amount: '9999999999999998.99' };

/** A transfer in the right state for each of people's actions, and a batch for those of batches. */
export async function seedTransfers(house: House): Promise<Seeds> {
  const move = { from: 'alice', to: 'bob', amount: '100.00', ...EUR };
  await make(house, '/api/transfers', { id: 'to-reverse', ...move });
  await make(house, '/api/transfers', { id: 'to-cancel', ...move, executeAt: '2030-01-01T00:00:00Z' });
  await make(house, '/api/accounts', { id: 'asks', ...EUR, initialDeposit: '1000.00' });
  const limits = await ask(house, 'PUT', '/api/accounts/asks/limits', { approvalThreshold: '1.00' });
  expect(limits.status, limits.text).toBeLessThan(300);
  for (const id of ['to-approve', 'to-decline']) {
    await make(house, '/api/transfers', { id, ...move, from: 'asks' });
  }
  for (const id of ['to-retry', 'to-resolve']) await park(house, id);
  for (const id of ['seeded-batch', 'batch-to-cancel']) {
    const transfers = [{ ...move, executeAt: '2030-01-01T00:00:00Z' }, move];
    await make(house, '/api/transfer-batches', { id, transfers });
  }
  return {
    'POST /api/transfers/{id}/reverse': { id: 'to-reverse' },
    'POST /api/transfers/{id}/cancel': { id: 'to-cancel' },
    'POST /api/transfers/{id}/approve': { id: 'to-approve' },
    'POST /api/transfers/{id}/decline': { id: 'to-decline' },
    'POST /api/transfers/{id}/retry': { id: 'to-retry' },
    'POST /api/transfers/{id}/resolve': { id: 'to-resolve' },
    'GET /api/transfers/{id}/timeline': { id: 'to-reverse' },
    'GET /api/transfer-batches/{id}': { id: 'seeded-batch' },
    'GET /api/transfer-batches/{id}/items': { id: 'seeded-batch' },
    'POST /api/transfer-batches/{id}/cancel': { id: 'batch-to-cancel' },
  };
}

/** A transfer that needs attention: its destination refuses, and its source was full for as long as that took. */
async function park(house: House, id: string): Promise<void> {
  const from = `${id}-from`;
  const to = `${id}-frozen`;
  for (const account of [from, to]) {
    await make(house, '/api/accounts', { id: account, ...EUR, initialDeposit: '10.00' });
  }
  await make(house, `/api/accounts/${to}/freeze`, { reason: 'seed' });
  const destination = await house.pool.connect();
  try {
    await destination.query('begin');
    await destination.query('select from heads where stream_id = $1 for update', [`account-${to}`]);
    // A euro stays, so that nobody can close the account before the retry.
    const transfer = { id, from, to, amount: '9.00', ...EUR };
    await make(house, '/api/transfers', transfer, { prefer: 'respond-async' });
    await becomes(house, id, 'debited');
    await make(house, `/api/accounts/${from}/deposits`, MOST);
  } finally {
    await destination.query('rollback');
    destination.release();
  }
  await becomes(house, id, 'needs_attention');
  await make(house, `/api/accounts/${from}/withdrawals`, MOST);
}

const becomes = (house: House, id: string, status: string) =>
  vi.waitFor(
    async () => expect((await ask(house, 'GET', `/api/transfers/${id}`)).body.status).toBe(status),
    SOON,
  );

async function make(house: House, path: string, body: object, headers: Record<string, string> = {}) {
  const answer = await ask(house, 'POST', path, body, headers);
  expect(answer.status, `POST ${path}: ${answer.text}`).toBeLessThan(300);
}
