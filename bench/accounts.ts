import { v7 as uuidv7 } from 'uuid';
import type { AccountCommand } from '../domain/account.ts';
import { decide } from '../domain/account-decider.ts';
import { type AccountId, accountStream, type Tenant } from '../domain/ids.ts';
import type { Pool } from '../platform/postgres.ts';
import type { Draft } from '../sql/draft.ts';
import { type Ledger, transact } from '../sql/ledger.ts';

/** The tenant of an API that nobody signs in to. */
export const TENANT = 'main' as Tenant;

/** Events of one transaction while a long history is made. */
const CHUNK = 1_000;
const COUNT = 1_000;
/** More than a run can move: ten million euros. */
const DEPOSIT_MINOR = 1_000_000_000n;

/** Where the bench decides without the API. */
export function ledgerOf(pool: Pool): Ledger {
  return { pool, now: () => new Date() };
}

/** Opens the thousand accounts that transfers are spread over, all with money, and tells their ids. */
export async function openAccounts(ledger: Ledger): Promise<string[]> {
  const ids = Array.from({ length: COUNT }, (_, at) => `spread-${at}`);
  await actOn(ledger, ids, (draft) => {
    for (const id of ids) act(draft, open(id, DEPOSIT_MINOR));
  });
  return ids;
}

/** Opens an account without money. */
export async function openAccount(ledger: Ledger, id: string): Promise<void> {
  await actOn(ledger, [id], (draft) => act(draft, open(id, 0n)));
}

/** Opens an account and makes deposits until it has so many events; the decider and the ledger are the shipped ones. */
export async function openWithHistory(
  ledger: Ledger,
  id: string,
  events: number,
  signal: AbortSignal,
): Promise<void> {
  await openAccount(ledger, id);
  for (let made = 1; made < events; made += CHUNK) {
    signal.throwIfAborted();
    const count = Math.min(CHUNK, events - made);
    await actOn(ledger, [id], (draft) => {
      for (let at = 0; at < count; at++) act(draft, deposit(id));
    });
  }
}

/** One deposit of a cent, decided and committed. */
export async function depositOnce(ledger: Ledger, id: string): Promise<void> {
  await actOn(ledger, [id], (draft) => act(draft, deposit(id)));
}

async function actOn(ledger: Ledger, ids: readonly string[], work: (draft: Draft) => void): Promise<void> {
  const streams = ids.map((id) => accountStream(id as AccountId)).sort();
  await transact(ledger, { tenant: TENANT, streams, outcomes: [] }, work);
}

function act(draft: Draft, command: Extract<AccountCommand, { type: 'openAccount' | 'deposit' }>): void {
  const { accountId } = command.data;
  const decision = decide(command, draft.account(accountId), draft.at);
  if (!decision.ok) throw new Error(decision.refusal.detail);
  const commandId = uuidv7();
  const why = { commandId, correlationId: commandId, causationId: commandId, actor: 'bench' };
  for (const event of decision.events) draft.appendToAccount(accountId, event, why);
}

const EUR = { currency: 'EUR', metadata: {} };

function open(id: string, initialDepositMinor: bigint) {
  const nobody = { ownerId: null, name: null };
  const data = {
    accountId: id as AccountId,
    ...nobody,
    ...EUR,
    overdraftLimitMinor: 0n,
    initialDepositMinor,
  };
  return { type: 'openAccount' as const, data };
}

function deposit(id: string) {
  const data = { accountId: id as AccountId, ...EUR, amountMinor: 1n, description: null };
  return { type: 'deposit' as const, data };
}
