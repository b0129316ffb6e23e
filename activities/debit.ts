import { accountStream, transferStream } from '../domain/ids.ts';
import { decideDebit } from '../domain/legs.ts';
import type { LegResult, TransferItem, TransferList } from '../domain/saga.ts';
import { termsOf } from '../domain/transfer.ts';
import type { Draft } from '../sql/draft.ts';
import { transact } from '../sql/ledger.ts';
import type { ActivityDeps } from './deps.ts';
import { decideList, eventMetadata, legResult } from './legs.ts';

/**
 * Step 1 of the saga, on a list: takes each transfer's amount from its source account, or records why not.
 * Acts once for each transfer, however often it is called. Throws for outages only.
 */
export function createDebit(deps: ActivityDeps) {
  return (list: TransferList): Promise<LegResult[]> =>
    decideList(deps, list, (items) => {
      const needs = {
        tenant: list.tenant,
        streams: items.flatMap((item) => [accountStream(item.from), transferStream(item.transferId)]),
        outcomes: items.map((item) => ({ subjectId: item.transferId, leg: 'debit' as const })),
      };
      return transact(deps.pool, needs, deps.now, (draft) => items.map((item) => debit(draft, item)));
    });
}

function debit(draft: Draft, item: TransferItem): LegResult {
  const key = { subjectId: item.transferId, leg: 'debit' as const };
  const earlier = draft.outcome(key);
  if (earlier !== undefined) return legResult(item, earlier);
  const terms = termsOf(item);
  const decision = decideDebit(terms, draft.account(item.from));
  if (!decision.ok) {
    const { refusal } = decision;
    draft.appendToTransfer(
      item.transferId,
      { type: 'TransferRejected', data: { ...terms, refusal } },
      eventMetadata(item),
    );
    draft.finish({ commandId: item.commandId, status: 'refused', refusal });
    const outcome = { result: 'refused' as const, refusal, detail: null };
    draft.record(key, outcome);
    return legResult(item, outcome);
  }
  for (const event of decision.events) draft.appendToAccount(item.from, event, eventMetadata(item));
  const outcome = { result: 'done' as const, refusal: null, detail: null };
  draft.record(key, outcome);
  return legResult(item, outcome);
}
