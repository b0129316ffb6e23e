import type { Account, Hold, HoldCommand } from './account.ts';
import { addOutgoing, giveBackOutgoing } from './daily.ts';
import type { AccountEvent, TransferTerms } from './events.ts';
import type { HoldId } from './ids.ts';
import { MAX_MINOR } from './money.ts';
import { refuseCurrency, refuseOutgoing } from './movements.ts';
import { accept, type Decision, refuse } from './refusals.ts';
import { debitTotalMinor } from './terms.ts';

/** Open holds that one account may have: they are part of its head, which every command reads. */
export const MAX_OPEN_HOLDS = 1_000;

type Data<Type extends HoldCommand['type']> = Extract<HoldCommand, { type: Type }>['data'];

/** Reserves money: what it takes of the daily limit and of what is available counts from now on. */
export function decideHold(data: Data<'placeHold'>, account: Account, at: string): Decision<AccountEvent> {
  const { accountId, ...hold } = data;
  if (openHold(account, hold.holdId) !== undefined) {
    return refuse('hold-exists', `Hold ${hold.holdId} is on account ${accountId} already.`);
  }
  const refused = refuseCurrency(account, hold.currency) ?? refuseOutgoing(account, hold.amountMinor, at);
  if (refused !== null) return { ok: false, refusal: refused };
  if (Object.keys(account.holds).length >= MAX_OPEN_HOLDS) {
    return refuse('limit-exceeded', `Account ${accountId} has ${MAX_OPEN_HOLDS} open holds already.`);
  }
  const heldMinor = account.heldMinor + hold.amountMinor;
  if (heldMinor > MAX_MINOR)
    return refuse('limit-exceeded', `What is held on ${accountId} would pass 18 digits.`);
  return accept({ type: 'FundsHeld', data: { ...hold, heldMinor } });
}

/** Lets go of a hold: a person voids it, or its time is over. */
export function decideRelease(data: Data<'releaseHold'>, account: Account): Decision<AccountEvent> {
  const { holdId, why, reason } = data;
  const hold = openHold(account, holdId);
  if (hold === undefined) return gone(holdId);
  const { amountMinor } = hold;
  const heldMinor = account.heldMinor - amountMinor;
  const { currency } = account;
  return accept({ type: 'HoldReleased', data: { holdId, amountMinor, currency, heldMinor, why, reason } });
}

/** The debit of a transfer out of a hold, in full or in part; the rest of the hold is released. */
export function decideCapture(
  data: TransferTerms & { readonly holdId: HoldId },
  account: Account,
  at: string,
): Decision<AccountEvent> {
  const hold = openHold(account, data.holdId);
  if (hold === undefined) return gone(data.holdId);
  if (hold.expiresAt !== null && hold.expiresAt <= at)
    return refuse('hold-final', `Hold ${data.holdId} has expired.`);
  const mismatch = refuseCurrency(account, data.currency);
  if (mismatch !== null) return { ok: false, refusal: mismatch };
  const capturedMinor = debitTotalMinor(data);
  if (capturedMinor > hold.amountMinor) {
    return refuse('limit-exceeded', `Hold ${data.holdId} holds less than that.`);
  }
  const releasedMinor = hold.amountMinor - capturedMinor;
  const balanceMinor = account.balanceMinor - capturedMinor;
  const heldMinor = account.heldMinor - hold.amountMinor;
  return accept({ type: 'HoldCaptured', data: { ...data, balanceMinor, heldMinor, releasedMinor } });
}

function gone(holdId: HoldId): Decision<AccountEvent> {
  return refuse('hold-final', `Hold ${holdId} was captured, voided or expired before.`);
}

/** An open hold by its id; an id may be the name of what every object inherits. */
export function openHold(account: Account, holdId: HoldId): Hold | undefined {
  return Object.hasOwn(account.holds, holdId) ? account.holds[holdId] : undefined;
}

/** What became of a hold, in minor units: the two sum to it. */
type Ended = { readonly spentMinor: bigint; readonly unspentMinor: bigint };

/**
 * The account without a hold, whose part that is not spent no longer counts for the day it was placed on.
 * @throws where there is no such hold, or it is not of that amount: a damaged history.
 */
export function withoutHold(account: Account, holdId: HoldId, { spentMinor, unspentMinor }: Ended): Account {
  const hold = openHold(account, holdId);
  if (hold?.amountMinor !== spentMinor + unspentMinor) {
    throw new Error(`account ${account.accountId} has no hold ${holdId} of ${spentMinor + unspentMinor}`);
  }
  const { [holdId]: _, ...holds } = account.holds;
  return { ...account, holds, outgoing: giveBackOutgoing(account.outgoing, hold.placedAt, unspentMinor) };
}

/** The account with one more hold, which counts for the day it is placed on. @throws where it has it already. */
export function withHold(account: Account, holdId: HoldId, hold: Hold): Account {
  if (openHold(account, holdId) !== undefined) {
    throw new Error(`account ${account.accountId} has hold ${holdId} already`);
  }
  const holds = { ...account.holds, [holdId]: hold };
  return { ...account, holds, outgoing: addOutgoing(account.outgoing, hold.placedAt, hold.amountMinor) };
}
