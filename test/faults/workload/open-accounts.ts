import { setTimeout as sleep } from 'node:timers/promises';
import type { Desk, Wish } from './desk.ts';
import type { Load } from './load.ts';

/** What each account begins with, in euros, and what the first of the others may overdraw. */
const BEGIN = { deposit: '300.00', overdraft: '25.00' };
/** However slowly a ground comes up. */
const OPEN_TIMEOUT_MS = 60_000;

/**
 * Opens eight accounts with money, one of them with an overdraft, and one more that is closed.
 * @throws Error where an answer is not the wanted one within a minute
 */
export async function openAccounts(desk: Desk, accounts: Load['accounts'], run: string): Promise<void> {
  const { hot, others, closed } = accounts;
  const until = performance.now() + OPEN_TIMEOUT_MS;
  const succeed = (path: string, body: Wish['body']) =>
    insist(desk, { key: `${run}-open-${path}-${String(body.id ?? '')}`, path, body }, until);
  const open = (id: string, more: Wish['body'] = {}) =>
    succeed('/api/accounts', { id, currency: 'EUR', ...more });
  await Promise.all([
    open(hot),
    open(closed),
    ...others.map((id, at) => open(id, at === 0 ? { overdraftLimit: BEGIN.overdraft } : {})),
  ]);
  await Promise.all([
    succeed(`/api/accounts/${closed}/close`, { reason: 'Closed before the load began' }),
    ...[hot, ...others].map((id) =>
      succeed(`/api/accounts/${id}/deposits`, {
        amount: BEGIN.deposit,
        currency: 'EUR',
        description: `${id}-begin`,
      }),
    ),
  ]);
}

async function insist(desk: Desk, wish: Wish, until: number): Promise<void> {
  for (;;) {
    const { answer } = await desk.post(0, wish, 'wait=30');
    if (answer?.status === 200 || answer?.status === 201) return;
    const passes = answer === null || answer.status === 202 || answer.status >= 500;
    if (!passes || performance.now() > until) {
      throw new Error(`POST ${wish.path} did not succeed: ${answer?.status ?? 'no answer'} ${answer?.text}`);
    }
    await sleep(200);
  }
}
