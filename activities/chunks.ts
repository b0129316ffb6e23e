import { ApplicationFailure } from '@temporalio/activity';
import type { Logger } from '../platform/log.ts';
import { isConflict, isOutage } from '../platform/postgres.ts';

/** Items decided in one transaction: large enough to spare round trips, small enough to hold locks briefly. */
const CHUNK_SIZE = 500;

type ChunkOptions<Item, Result> = {
  readonly items: readonly Item[];
  readonly decide: (chunk: readonly Item[]) => Promise<readonly Result[]>;
  /** What becomes of an item that fails even alone. Where this fails as well, the list does, at its end. */
  readonly poison: (item: Item) => Promise<Result>;
  readonly log: Logger;
};

/**
 * Decides a list chunk by chunk. An outage is thrown at once, for Temporal to retry. Any other error bisects its
 * chunk, so that one poison item harms itself only: the others are decided first, whatever happens to it.
 * @throws the outage, or a PoisonItem failure when an item could be neither decided nor given up.
 */
export async function inChunks<Item, Result>(options: ChunkOptions<Item, Result>): Promise<Result[]> {
  const failures: unknown[] = [];
  const results: Result[] = [];
  for (let start = 0; start < options.items.length; start += CHUNK_SIZE) {
    results.push(...(await bisect(options, options.items.slice(start, start + CHUNK_SIZE), failures)));
  }
  if (failures.length > 0) throw poisonItem(failures[0]);
  return results;
}

/** Halves a failing chunk at most log2(500) times deep. */
async function bisect<Item, Result>(
  options: ChunkOptions<Item, Result>,
  chunk: readonly Item[],
  failures: unknown[],
): Promise<readonly Result[]> {
  try {
    return await options.decide(chunk);
  } catch (error) {
    if (isOutage(error)) throw error;
    if (chunk.length === 1) return giveUp(options, chunk[0] as Item, error, failures);
    const middle = Math.ceil(chunk.length / 2);
    return [
      ...(await bisect(options, chunk.slice(0, middle), failures)),
      ...(await bisect(options, chunk.slice(middle), failures)),
    ];
  }
}

async function giveUp<Item, Result>(
  options: ChunkOptions<Item, Result>,
  item: Item,
  error: unknown,
  failures: unknown[],
): Promise<readonly Result[]> {
  // Another transaction was first, again and again: that passes, and is no fault of the item.
  if (isConflict(error)) throw error;
  options.log.error({ err: error }, 'an item cannot be processed');
  try {
    return [await options.poison(item)];
  } catch (second) {
    if (isOutage(second) || isConflict(second)) throw second;
    failures.push(second);
    return [];
  }
}

function poisonItem(cause: unknown): ApplicationFailure {
  return ApplicationFailure.create({
    message: `an item cannot be processed: ${cause instanceof Error ? cause.message : String(cause)}`,
    type: 'PoisonItem',
    ...(cause instanceof Error ? { cause } : {}),
  });
}
