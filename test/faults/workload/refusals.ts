import type { Asked } from './asked.ts';
import type { Case } from './case.ts';
import type { Fact } from './history.ts';
import { availableMinor, stateAt } from './model.ts';
import type { Tally } from './tally.ts';

/** Whoever was refused for want of money: at some version that it can have been decided on, too little was there. */
export function checkRefusal(asked: Asked, code: string | null, of: Case, tally: Tally): void {
  const { id, kind } = asked;
  if (code === 'insufficient-funds') {
    tally.expect(wasShort(asked, of), () => {
      const { account, amountMinor } = asked;
      return `${kind} ${id} was refused for insufficient funds, and account ${account} always had ${amountMinor}`;
    });
    return;
  }
  const expected: string[] = [
    ...of.mayGiveUp,
    ...(asked.atMost ? ['reversal-exceeds-original'] : []),
    ...(asked.account === asked.to ? ['same-account'] : []),
    ...(asked.capturedHold === null ? [] : ['hold-final']),
  ];
  tally.expect(
    code !== null && expected.includes(code),
    () => `${kind} ${id} was refused as ${code}: never justified`,
  );
}

function wasShort(
  { account, amountMinor, atMost, sentAt, knownAt }: Asked,
  { ledger, windows }: Case,
): boolean {
  // How much a reversal asked for is not known: any amount that was short will do.
  if (atMost) return true;
  const last = (ledger.get(account)?.length ?? 0) - 1;
  const to = Math.min(last, windows.ceiling(account, knownAt));
  for (let version = windows.floor(account, sentAt); version <= to; version += 1) {
    const state = stateAt(ledger, account, version);
    if (state !== undefined && availableMinor(state) < amountMinor) return true;
  }
  return false;
}

/** Money comes back where the destination is closed, or where the run's fault may make the saga give up. */
export function checkRefund({ id, to }: Asked, fact: Fact, of: Case, tally: Tally): void {
  const { history, mayGiveUp } = of;
  const isClosed = fact.refusalCode === 'account-closed' && to === history.accounts.closed;
  tally.expect(isClosed || mayGiveUp.some((way) => way === fact.refusalCode), () => {
    return `transfer ${id} to ${to} was refunded as ${fact.refusalCode}: never justified`;
  });
}

/** No client closes an account that has money: only a fault can make a refund impossible. */
export function checkParked({ id }: Asked, fact: Fact, { mayGiveUp }: Case, tally: Tally): void {
  tally.expect(mayGiveUp.includes('needs_attention'), () => {
    return `transfer ${id} was parked as ${fact.refusalCode} and needs attention: never justified`;
  });
}
