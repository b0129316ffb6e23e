import { ApplicationFailure } from '@temporalio/activity';
import type { Logger } from '../platform/log.ts';
import { isConflict, isOutage } from '../platform/postgres.ts';

/** Items decided in one transaction: large enough to spare round trips, small enough to hold locks briefly. */
const CHUNK_SIZE = 500;

type ChunkOptions<Item, Result> = {
  readonly items: readonly Item[];
  readonly decide: (chunk: readonly Item[]) => Promise<readonly Result[]>;
  /** What a poison item comes to; absent where there is no way out but an error. */
  readonly poison?: (item: Item, error: unknown) => Result;
  readonly log: Logger;
};

/**
 * Decides a list chunk by chunk. An outage (the database is away, another transaction is always first) is thrown
 * for Temporal to retry. Any other error bisects its chunk, so that one poison item harms itself only.
 */
export async function inChunks<Item, Result>(options: ChunkOptions<Item, Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < options.items.length; start += CHUNK_SIZE) {
    results.push(...(await bisect(options, options.items.slice(start, start + CHUNK_SIZE))));
  }
  return results;
}

/** Halves a failing chunk at most log2(500) times deep. */
async function bisect<Item, Result>(
  options: ChunkOptions<Item, Result>,
  chunk: readonly Item[],
): Promise<readonly Result[]> {
  try {
    return await options.decide(chunk);
  } catch (error) {
    if (isOutage(error) || isConflict(error)) throw error;
    if (chunk.length === 1) return [poisoned(options, chunk[0] as Item, error)];
    const middle = Math.ceil(chunk.length / 2);
    return [
      ...(await bisect(options, chunk.slice(0, middle))),
      ...(await bisect(options, chunk.slice(middle))),
    ];
  }
}

function poisoned<Item, Result>(options: ChunkOptions<Item, Result>, item: Item, error: unknown): Result {
  options.log.error({ err: error }, 'an item cannot be processed');
  if (options.poison !== undefined) return options.poison(item, error);
  throw ApplicationFailure.create({
    message: `an item cannot be processed: ${error instanceof Error ? error.message : String(error)}`,
    type: 'PoisonItem',
    ...(error instanceof Error ? { cause: error } : {}),
  });
}
