import { type AccountState, decide } from './account.ts';
import type { AccountEvent, TransferTerms } from './events.ts';
import { type Decision, refuse } from './refusals.ts';

/** Step 1 of a transfer: `same-account` comes before anything that the source account says. */
export function decideDebit(terms: TransferTerms, source: AccountState): Decision<AccountEvent> {
  if (terms.from === terms.to) return refuse('same-account', `Account ${terms.from} cannot pay itself.`);
  return decide({ type: 'debit', data: terms }, source);
}
