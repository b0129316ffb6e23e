import type { AccountState } from '../domain/account.ts';
import type { AccountEvent, EventMetadata, TransferTerms } from '../domain/events.ts';
import { type AccountId, accountStream, transferStream } from '../domain/ids.ts';
import { type Decision, refusal } from '../domain/refusals.ts';
import type { LegResult, TransferItem, TransferList } from '../domain/saga.ts';
import { termsOf } from '../domain/transfer.ts';
import { fromWire } from '../domain/wire.ts';
import type { Draft } from '../sql/draft.ts';
import { transact } from '../sql/ledger.ts';
import type { Outcome } from '../sql/outcomes.ts';
import { inChunks } from './chunks.ts';
import type { ActivityDeps } from './deps.ts';

/** What tells one step of the saga from the other. */
export type LegRules = {
  readonly leg: 'debit' | 'credit';
  /** The account whose head decides. */
  readonly accountOf: (item: TransferItem) => AccountId;
  readonly decide: (terms: TransferTerms, account: AccountState) => Decision<AccountEvent>;
  /** What the transfer's own stream says of a refusal. */
  readonly refusedAs: 'TransferRejected' | 'CreditRefused';
  /** Which result ends the transfer, and with it the command: a refused credit still has its refund before it. */
  readonly endsOn: 'refused' | 'done';
};

/** Why an item is given up that the code or its rows cannot process. */
export const PROCESSING_FAILED = refusal(
  'processing-failed',
  'The transfer could not be processed; the log says why.',
);

/**
 * A step of the saga, on a list. Acts once for each transfer, however often it is called; one that a compensation
 * has made void does nothing. A poison item comes back as `failed`, for the saga to compensate.
 * @throws for outages only.
 */
export function createLeg(deps: ActivityDeps, rules: LegRules) {
  return (list: TransferList): Promise<LegResult[]> =>
    inChunks({
      items: list.items,
      log: deps.log,
      decide: (wire) => {
        const items = wire.map((item) => fromWire<TransferItem>(item));
        const needs = {
          tenant: list.tenant,
          streams: items.flatMap((item) => [
            accountStream(rules.accountOf(item)),
            transferStream(item.transferId),
          ]),
          outcomes: items.map(({ transferId: subjectId }) => ({ subjectId, leg: rules.leg })),
        };
        return transact(deps.pool, needs, deps.now, (draft) => items.map((item) => once(draft, item, rules)));
      },
      poison: async ({ transferId }): Promise<LegResult> => ({
        transferId,
        result: 'failed',
        refusal: PROCESSING_FAILED,
      }),
    });
}

function once(draft: Draft, item: TransferItem, rules: LegRules): LegResult {
  const key = { subjectId: item.transferId, leg: rules.leg };
  const earlier = draft.outcome(key);
  if (earlier !== undefined) return legResult(item, earlier);
  const outcome = decideItem(draft, item, rules);
  draft.record(key, outcome);
  if (outcome.result === rules.endsOn) {
    const status = outcome.result === 'done' ? 'completed' : 'refused';
    draft.finish({ commandId: item.commandId, status, refusal: outcome.refusal });
  }
  return legResult(item, outcome);
}

function decideItem(draft: Draft, item: TransferItem, { accountOf, decide, refusedAs }: LegRules): Outcome {
  const terms = termsOf(item);
  const decision = decide(terms, draft.account(accountOf(item)));
  if (!decision.ok) {
    const event = { type: refusedAs, data: { ...terms, refusal: decision.refusal } };
    draft.appendToTransfer(item.transferId, event, eventMetadata(item));
    return { result: 'refused', refusal: decision.refusal, detail: null };
  }
  for (const event of decision.events) draft.appendToAccount(accountOf(item), event, eventMetadata(item));
  return { result: 'done', refusal: null, detail: null };
}

/** What the saga needs to know of an outcome. */
function legResult(item: TransferItem, { result, refusal: why }: Outcome): LegResult {
  return { transferId: item.transferId, result, refusal: why };
}

/** All events of a transfer correlate by its id and are caused by its command. */
export function eventMetadata(item: TransferItem): EventMetadata {
  const { commandId, transferId, actor } = item;
  return { commandId, correlationId: transferId, causationId: commandId, actor };
}
