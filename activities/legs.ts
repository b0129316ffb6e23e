import type { EventMetadata } from '../domain/events.ts';
import { refusal } from '../domain/refusals.ts';
import type { LegResult, TransferItem, TransferList } from '../domain/saga.ts';
import { fromWire } from '../domain/wire.ts';
import type { Outcome } from '../sql/outcomes.ts';
import { inChunks } from './chunks.ts';
import type { ActivityDeps } from './deps.ts';

type DecideItems = (items: readonly TransferItem[]) => Promise<LegResult[]>;

/** Why an item is given up that the code or its rows cannot process. */
export const PROCESSING_FAILED = refusal(
  'processing-failed',
  'The transfer could not be processed; the log says why.',
);

/** Runs a leg over a list; a poison item comes back as `failed`, for the saga to compensate. */
export function decideList(
  deps: ActivityDeps,
  list: TransferList,
  decide: DecideItems,
): Promise<LegResult[]> {
  return inChunks({
    items: list.items,
    decide: (items) => decide(items.map((item) => fromWire<TransferItem>(item))),
    poison: async ({ transferId }): Promise<LegResult> => ({
      transferId,
      result: 'failed',
      refusal: PROCESSING_FAILED,
    }),
    log: deps.log,
  });
}

/** What the saga needs to know of an outcome. */
export function legResult(item: TransferItem, { result, refusal: why }: Outcome): LegResult {
  return { transferId: item.transferId, result, refusal: why };
}

/** All events of a transfer correlate by its id and are caused by its command. */
export function eventMetadata(item: TransferItem): EventMetadata {
  const { commandId, transferId, actor } = item;
  return { commandId, correlationId: transferId, causationId: commandId, actor };
}
