import type { Tenant } from '../domain/ids.ts';
import { isOutage } from '../platform/postgres.ts';
import { CHUNK_SIZE } from './chunks.ts';

/** Items of one tenant, as workflows hand them to a step. */
type List<Item> = { readonly tenant: Tenant; readonly items: readonly Item[] };

/** Decides an item, together with others of its key that came while one of that key was under way. */
export type Fold<Item, Result> = (key: string, item: Item) => Promise<Result>;

type Waiting<Item, Result> = {
  readonly item: Item;
  readonly done: (result: Result) => void;
  readonly failed: (error: unknown) => void;
};

/**
 * Steps of many workflows that want the same account would wait for its lock one after the other, each with a
 * connection of its own. Here they wait in the process instead, and what has come together is decided together, in one
 * transaction: at most `most` at once, in the order in which they came. The queue is bounded by the worker's slots, and a
 * wait by the time-outs of the transactions before it.
 * @param decide returns one result for each item, in their order. Where it fails for another reason than an outage,
 *   each item is decided alone, so that one harms none of the others.
 */
export function createFold<Item, Result>(
  most: number,
  decide: (items: readonly Item[]) => Promise<readonly Result[]>,
): Fold<Item, Result> {
  /** The keys of which something is under way, with what waits for it. */
  const queues = new Map<string, Waiting<Item, Result>[]>();

  async function settle(folded: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await decide(folded.map(({ item }) => item));
      for (const [at, { done }] of folded.entries()) done(results[at] as Result);
    } catch (error) {
      if (folded.length > 1 && !isOutage(error)) for (const one of folded) await settle([one]);
      else for (const { failed } of folded) failed(error);
    }
  }

  async function work(key: string, queue: Waiting<Item, Result>[]): Promise<void> {
    while (queue.length > 0) await settle(queue.splice(0, most));
    queues.delete(key);
  }

  return (key, item) =>
    new Promise((done, failed) => {
      const queue = queues.get(key) ?? [];
      queue.push({ item, done, failed });
      if (queues.has(key)) return;
      queues.set(key, queue);
      void work(key, queue);
    });
}

/** A step on a list, which folds a list of one item with others of its key (an account); a longer list is decided as it is. */
export function foldSingles<Item, Result>(
  keyOf: (item: Item) => string,
  decide: (list: List<Item>) => Promise<Result[]>,
): (list: List<Item>) => Promise<Result[]> {
  const fold = createFold(CHUNK_SIZE, (lists: readonly List<Item>[]) =>
    decide({ tenant: lists[0]!.tenant, items: lists.flatMap(({ items }) => items) }),
  );
  return async (list) => {
    const [only] = list.items;
    if (only === undefined || list.items.length > 1) return decide(list);
    return [await fold(`${list.tenant}/${keyOf(only)}`, list)];
  };
}
