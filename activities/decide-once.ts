import type { CommandId } from '../domain/ids.ts';
import type { Refusal } from '../domain/refusals.ts';
import type { Draft } from '../sql/draft.ts';
import type { Outcome } from '../sql/outcomes.ts';

/** What a command came to, as its workflow is told. */
type Result = {
  readonly commandId: CommandId;
  readonly result: 'done' | 'refused';
  readonly refusal: Refusal | null;
};

/** Decides a command and ends it, or finds what was decided of it before: its outcome row makes it act once. */
export function decideOnce(draft: Draft, commandId: CommandId, decide: () => Outcome): Result {
  const key = { subjectId: commandId, leg: 'command' as const };
  const earlier = draft.outcome(key);
  const outcome = earlier ?? decide();
  const done = outcome.result === 'done';
  if (earlier === undefined) {
    draft.record(key, outcome);
    draft.finish({ commandId, status: done ? 'completed' : 'refused', refusal: outcome.refusal });
  }
  return { commandId, result: done ? 'done' : 'refused', refusal: outcome.refusal };
}
