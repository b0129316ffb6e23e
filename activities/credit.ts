import { decide } from '../domain/account.ts';
import { accountStream, transferStream } from '../domain/ids.ts';
import type { LegResult, TransferItem, TransferList } from '../domain/saga.ts';
import { termsOf } from '../domain/transfer.ts';
import type { Draft } from '../sql/draft.ts';
import { transact } from '../sql/ledger.ts';
import type { ActivityDeps } from './deps.ts';
import { decideList, eventMetadata, legResult } from './legs.ts';

/**
 * Step 2 of the saga, on a list of debited transfers: gives each amount to its destination account, which
 * completes the transfer, or records why the destination refuses. Acts once; a credit that a compensation has
 * made void does nothing. Throws for outages only.
 */
export function createCredit(deps: ActivityDeps) {
  return (list: TransferList): Promise<LegResult[]> =>
    decideList(deps, list, (items) => {
      const needs = {
        tenant: list.tenant,
        streams: items.flatMap((item) => [accountStream(item.to), transferStream(item.transferId)]),
        outcomes: items.map((item) => ({ subjectId: item.transferId, leg: 'credit' as const })),
      };
      return transact(deps.pool, needs, deps.now, (draft) => items.map((item) => credit(draft, item)));
    });
}

function credit(draft: Draft, item: TransferItem): LegResult {
  const key = { subjectId: item.transferId, leg: 'credit' as const };
  const earlier = draft.outcome(key);
  if (earlier !== undefined) return legResult(item, earlier);
  const terms = termsOf(item);
  const decision = decide({ type: 'credit', data: terms }, draft.account(item.to));
  if (!decision.ok) {
    const { refusal } = decision;
    draft.appendToTransfer(
      item.transferId,
      { type: 'CreditRefused', data: { ...terms, refusal } },
      eventMetadata(item),
    );
    const outcome = { result: 'refused' as const, refusal, detail: null };
    draft.record(key, outcome);
    return legResult(item, outcome);
  }
  for (const event of decision.events) draft.appendToAccount(item.to, event, eventMetadata(item));
  draft.finish({ commandId: item.commandId, status: 'completed', refusal: null });
  const outcome = { result: 'done' as const, refusal: null, detail: null };
  draft.record(key, outcome);
  return legResult(item, outcome);
}
