import { isDeepStrictEqual } from 'node:util';
import type { Account, AccountState } from '../../domain/account.ts';
import { toWire } from '../../domain/wire.ts';
import type { PlacedEvent } from '../list-events.ts';
import type { BalanceRow } from '../read-account.ts';
import type { RawRow } from './read-rows.ts';

/** Which rows are live is a matter of the projection, not of the account. */
const GENERATION = 'generation';

/**
 * What is wrong with an account's row in the read table after the event of its version; null where every column is what
 * the fold makes it. A column that is not known here is wrong: nothing would ever compare it.
 */
export function differenceOfBalance(
  found: RawRow,
  account: AccountState,
  { event, createdAt }: { event: PlacedEvent; createdAt: string },
): string | null {
  if (account === null) return 'is of an account that its events do not make';
  const wanted: Partial<RawRow> = rowOf(account, event, createdAt);
  const names = Object.keys({ ...wanted, ...found }).filter((name) => name !== GENERATION);
  const wrong = names.find((name) => !isDeepStrictEqual(found[name], wanted[name]));
  return wrong === undefined ? null : `differs from the fold at version ${event.version} in ${wrong}`;
}

type Row = Omit<BalanceRow, 'position'> & { position: bigint | null };

function rowOf(account: Account, { tenant, version, position, occurredAt }: PlacedEvent, createdAt: string) {
  return {
    tenant,
    account_id: account.accountId,
    owner_id: account.ownerId,
    name: account.name,
    currency: account.currency,
    status: account.status,
    balance_minor: account.balanceMinor,
    held_minor: account.heldMinor,
    overdraft_limit_minor: account.overdraftLimitMinor,
    limits: toWire(account.limits),
    holds: toWire(account.holds),
    outgoing: account.outgoing && toWire(account.outgoing),
    metadata: account.metadata,
    version,
    position,
    created_at: createdAt,
    as_of: occurredAt,
  } satisfies Row;
}
