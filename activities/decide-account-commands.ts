import type { AccountCommand } from '../domain/account.ts';
import {
  type AccountCommandList,
  type AccountCommandResult,
  type AccountItem,
  OWN_ACTOR,
} from '../domain/account-commands.ts';
import { decide } from '../domain/account-decider.ts';
import type { EventMetadata } from '../domain/events.ts';
import { accountStream, type StreamId, type Tenant } from '../domain/ids.ts';
import { refusal } from '../domain/refusals.ts';
import { fromWire, toWire } from '../domain/wire.ts';
import type { Draft } from '../sql/draft.ts';
import { transact } from '../sql/ledger.ts';
import type { Outcome } from '../sql/outcomes.ts';
import { inChunks } from './chunks.ts';
import { decideOnce } from './decide-once.ts';
import type { ActivityDeps } from './deps.ts';
import { foldSingles } from './fold-singles.ts';
import { followHold } from './hold-ends.ts';

/** Why a command is given up that the code or its account's rows cannot process. Nothing has changed then. */
const PROCESSING_FAILED = refusal(
  'processing-failed',
  'The command could not be processed; the log says why.',
);

/**
 * Decides commands of single accounts (open, cash, lifecycle, limits, holds), on a list. Each acts
 * once: its outcome row holds what was decided and what the client is told. One that cannot be processed even
 * alone is refused, so that it has an end; but not one of Remit's own, which nobody would ask for again.
 * @throws for outages, and where one of Remit's own cannot be processed: it is done when that has been mended.
 */
export function createDecideAccountCommands(deps: ActivityDeps) {
  function decideList({ tenant, items }: AccountCommandList): Promise<AccountCommandResult[]> {
    const decideAll = (chunk: readonly AccountItem[], streams: StreamId[], decideOne: DecideOne) => {
      const outcomes = chunk.map(({ commandId }) => ({ subjectId: commandId, leg: 'command' as const }));
      return transact(deps, { tenant, streams, outcomes }, (draft) =>
        chunk.map((item) => decideOnce(draft, item.commandId, () => decideOne(draft, tenant, item))),
      );
    };
    return inChunks({
      items,
      log: deps.log,
      decide: (chunk) =>
        decideAll(
          chunk,
          chunk.map((item) => accountStream(item.command.data.accountId)),
          apply,
        ),
      poison: async (item) => {
        if (item.actor === OWN_ACTOR)
          throw new Error(`${item.commandId} is never given up; the log says why it fails`);
        const giveUp = () => ({ result: 'refused' as const, refusal: PROCESSING_FAILED, detail: null });
        return (await decideAll([item], [], giveUp))[0] as AccountCommandResult;
      },
    });
  }

  return foldSingles((item: AccountItem) => item.command.data.accountId, decideList);
}

type DecideOne = (draft: Draft, tenant: Tenant, item: AccountItem) => Outcome;

function apply(draft: Draft, tenant: Tenant, item: AccountItem): Outcome {
  const { type, data } = item.command;
  const command = { type, data: fromWire(data) } as AccountCommand;
  const { accountId } = command.data;
  const decision = decide(command, draft.account(accountId), draft.at);
  if (!decision.ok) return { result: 'refused', refusal: decision.refusal, detail: null };
  for (const event of decision.events) {
    draft.appendToAccount(accountId, event, eventMetadata(item));
    followHold(draft, tenant, accountId, event);
  }
  const account = draft.account(accountId);
  if (account === null) throw new Error(`account ${accountId} is missing after ${type}`);
  // Every open hold in every outcome, for good, would be much; no answer tells them.
  const { holds: _, ...answered } = account;
  return {
    result: 'done',
    refusal: null,
    detail: { ...draft.accountPlace(accountId), account: toWire(answered) },
  };
}

function eventMetadata({ commandId, actor }: AccountItem): EventMetadata {
  return { commandId, correlationId: commandId, causationId: commandId, actor };
}
