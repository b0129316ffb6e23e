import type { AccountEvent } from '../domain/events.ts';
import type { AccountId, Tenant } from '../domain/ids.ts';
import { formatAmount } from '../domain/money.ts';
import { debitTotalMinor } from '../domain/terms.ts';
import type { Draft } from '../sql/draft.ts';

/**
 * What an event means for a hold beside its account: one that expires has a timer until it ends, and how it ended
 * is kept for good, for the account's state forgets it. Called in the transaction that appends the event.
 */
export function followHold(draft: Draft, tenant: Tenant, accountId: AccountId, event: AccountEvent): void {
  switch (event.type) {
    case 'FundsHeld':
      expectExpiry(draft, tenant, accountId, event.data);
      break;
    case 'HoldCaptured': {
      const { holdId, transferId } = event.data;
      const captured = { capturedMinor: debitTotalMinor(event.data).toString(), transferId };
      end(draft, tenant, holdId, { status: 'captured', ...captured });
      break;
    }
    case 'HoldReleased':
      end(draft, tenant, event.data.holdId, { status: event.data.why, reason: event.data.reason });
      break;
    default:
  }
}

function expectExpiry(
  draft: Draft,
  tenant: Tenant,
  accountId: AccountId,
  hold: Extract<AccountEvent, { type: 'FundsHeld' }>['data'],
): void {
  const { holdId, expiresAt, amountMinor, currency } = hold;
  if (expiresAt === null) return;
  draft.expect({
    workflowId: workflowId(tenant, holdId),
    workflowType: 'expireHold',
    input: { tenant, accountId, holdId, expiresAt },
    summary: `hold of ${formatAmount(amountMinor, currency)} ${currency} on ${accountId} until ${expiresAt}`,
    dueAt: expiresAt,
  });
}

function end(draft: Draft, tenant: Tenant, holdId: string, detail: object): void {
  draft.record(
    { subjectId: holdId, leg: 'hold' },
    { result: 'done', refusal: null, detail: { ...detail, endedAt: draft.at } },
  );
  draft.forget(workflowId(tenant, holdId));
}

function workflowId(tenant: Tenant, holdId: string): string {
  return `${tenant}/hold/${holdId}`;
}
