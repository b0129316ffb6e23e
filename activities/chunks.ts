import { ApplicationFailure } from '@temporalio/activity';
import type { Logger } from '../platform/log.ts';
import { isConflict, isLockTimeout, isOutage } from '../platform/postgres.ts';

/** Items decided in one transaction: large enough to spare round trips, small enough to hold locks briefly. */
export const CHUNK_SIZE = 500;
/** Chunks decided at once: while one waits for Postgres the next is thought about. */
const MOST_LANES = 4;

type ChunkOptions<Item, Result> = {
  readonly items: readonly Item[];
  /** Where given, items of the same key (an account) stay together, in their order: no two lanes want its lock. */
  readonly keyOf?: (item: Item) => string;
  readonly decide: (chunk: readonly Item[]) => Promise<readonly Result[]>;
  /** What becomes of an item that fails even alone. Where this fails as well, the list does, at its end. */
  readonly poison: (item: Item) => Promise<Result>;
  /** Where given: what becomes of an item that others hold the lock of for too long. The rest is decided. */
  readonly held?: (item: Item) => Promise<Result>;
  readonly log: Logger;
};

/**
 * Decides a list chunk by chunk. An outage is thrown at once, for Temporal to retry. Any other error bisects its
 * chunk, so that one poison item (or one whose lock others hold) harms itself only: the others are decided first.
 * @throws the outage, or a PoisonItem failure when an item could be neither decided nor given up.
 */
export async function inChunks<Item, Result>(options: ChunkOptions<Item, Result>): Promise<Result[]> {
  const failures: unknown[] = [];
  const lanes = lanesOf(options.items, options.keyOf).map((lane) => inLane(options, lane, failures));
  // All of them end, so that nothing of a failed attempt goes on beside the next one.
  await Promise.allSettled(lanes);
  const results = (await Promise.all(lanes)).flat();
  if (failures.length > 0) throw poisonItem(failures[0]);
  return results;
}

/** One lane for a list that fits into a chunk; else several of about the same length, cut between keys. */
function lanesOf<Item>(items: readonly Item[], keyOf?: (item: Item) => string): (readonly Item[])[] {
  if (keyOf === undefined || items.length <= CHUNK_SIZE) return [items];
  const keyed = items.map((item) => ({ item, key: keyOf(item) }));
  keyed.sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0));
  const length = Math.max(CHUNK_SIZE, Math.ceil(items.length / MOST_LANES));
  const lanes: Item[][] = [];
  let last: string | null = null;
  for (const { item, key } of keyed) {
    const lane = lanes.at(-1);
    if (lane === undefined || (lane.length >= length && key !== last)) lanes.push([item]);
    else lane.push(item);
    last = key;
  }
  return lanes;
}

async function inLane<Item, Result>(
  options: ChunkOptions<Item, Result>,
  items: readonly Item[],
  failures: unknown[],
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += CHUNK_SIZE) {
    results.push(...(await bisect(options, items.slice(start, start + CHUNK_SIZE), failures)));
  }
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
    if (isLockTimeout(error) && options.held !== undefined) {
      if (chunk.length === 1) return [await options.held(chunk[0] as Item)];
    } else if (isOutage(error)) throw error;
    else if (chunk.length === 1) return giveUp(options, chunk[0] as Item, error, failures);
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
