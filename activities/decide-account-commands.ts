import { type AccountCommand, decide } from '../domain/account.ts';
import type { AccountCommandList, AccountCommandResult, AccountItem } from '../domain/account-commands.ts';
import type { EventMetadata } from '../domain/events.ts';
import { accountStream } from '../domain/ids.ts';
import { fromWire, toWire } from '../domain/wire.ts';
import type { Draft } from '../sql/draft.ts';
import { transact } from '../sql/ledger.ts';
import type { Outcome } from '../sql/outcomes.ts';
import { inChunks } from './chunks.ts';
import type { ActivityDeps } from './deps.ts';

/**
 * Decides commands of single accounts (open, deposit, withdraw, freeze, unfreeze, close), on a list. Each acts
 * once: its outcome row holds what was decided and what the client is told. Throws for outages, and for a
 * command that cannot be processed even alone.
 */
export function createDecideAccountCommands(deps: ActivityDeps) {
  return (list: AccountCommandList): Promise<AccountCommandResult[]> =>
    inChunks({
      items: list.items,
      log: deps.log,
      decide: (items) => {
        const needs = {
          tenant: list.tenant,
          streams: items.map((item) => accountStream(item.command.data.accountId)),
          outcomes: items.map((item) => ({ subjectId: item.commandId, leg: 'command' as const })),
        };
        return transact(deps.pool, needs, deps.now, (draft) => items.map((item) => decideItem(draft, item)));
      },
    });
}

function decideItem(draft: Draft, item: AccountItem): AccountCommandResult {
  const { commandId } = item;
  const key = { subjectId: commandId, leg: 'command' as const };
  const earlier = draft.outcome(key);
  if (earlier !== undefined)
    return { commandId, result: earlier.result === 'done' ? 'done' : 'refused', refusal: earlier.refusal };
  const outcome = apply(draft, item);
  draft.record(key, outcome);
  const done = outcome.result === 'done';
  draft.finish({ commandId, status: done ? 'completed' : 'refused', refusal: outcome.refusal });
  return { commandId, result: done ? 'done' : 'refused', refusal: outcome.refusal };
}

function apply(draft: Draft, item: AccountItem): Outcome {
  const { type, data } = item.command;
  const command = { type, data: fromWire(data) } as AccountCommand;
  const { accountId } = command.data;
  const decision = decide(command, draft.account(accountId));
  if (!decision.ok) return { result: 'refused', refusal: decision.refusal, detail: null };
  for (const event of decision.events) draft.appendToAccount(accountId, event, eventMetadata(item));
  const account = draft.account(accountId);
  if (account === null) throw new Error(`account ${accountId} is missing after ${type}`);
  return {
    result: 'done',
    refusal: null,
    detail: { ...draft.accountPlace(accountId), account: toWire(account) },
  };
}

function eventMetadata({ commandId, actor }: AccountItem): EventMetadata {
  return { commandId, correlationId: commandId, causationId: commandId, actor };
}
