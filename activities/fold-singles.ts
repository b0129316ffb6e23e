import type { Tenant } from '../domain/ids.ts';
import { createFold } from '../platform/fold.ts';
import { isOutage } from '../platform/postgres.ts';
import { CHUNK_SIZE } from './chunks.ts';

/** Items of one tenant, as workflows hand them to a step. */
type List<Item> = { readonly tenant: Tenant; readonly items: readonly Item[] };

/**
 * A step on a list, which folds a list of one item with others of its key (an account); a longer list is decided as it is. How
 * many wait is bounded by the worker's slots, and how long by the time-outs of the transactions before them. After an outage
 * none is tried alone: Temporal tries them all again.
 */
export function foldSingles<Item, Result>(
  keyOf: (item: Item) => string,
  decide: (list: List<Item>) => Promise<Result[]>,
): (list: List<Item>) => Promise<Result[]> {
  const fold = createFold(
    CHUNK_SIZE,
    (lists: readonly List<Item>[]) =>
      decide({ tenant: lists[0]!.tenant, items: lists.flatMap(({ items }) => items) }),
    (error) => !isOutage(error),
  );
  return async (list) => {
    const [only] = list.items;
    if (only === undefined || list.items.length > 1) return decide(list);
    return [await fold(`${list.tenant}/${keyOf(only)}`, list)];
  };
}
