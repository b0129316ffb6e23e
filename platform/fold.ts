/** Does an item, together with others of its key that came in the same turn or while one of that key was under way. */
export type Fold<Item, Result> = (key: string, item: Item) => Promise<Result>;

type Waiting<Item, Result> = {
  readonly item: Item;
  readonly done: (result: Result) => void;
  readonly failed: (error: unknown) => void;
};

/**
 * What many want done at once with the same thing (an account's head, the read tables) would wait for its lock one after the
 * other, each with a connection of its own. Here they wait in the process instead, and what has come together is done
 * together: at most `most` at once, in the order in which they came. The queue is as long as its callers are many.
 * @param work returns one result for each item, in their order.
 * @param apart where given: for which errors each item of several is tried alone, so that one harms none of the others.
 */
export function createFold<Item, Result>(
  most: number,
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
  apart: (error: unknown) => boolean = () => false,
): Fold<Item, Result> {
  /** The keys of which something is under way, with what waits for it. */
  const queues = new Map<string, Waiting<Item, Result>[]>();

  async function settle(folded: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await work(folded.map(({ item }) => item));
      for (const [at, { done }] of folded.entries()) done(results[at] as Result);
    } catch (error) {
      if (folded.length > 1 && apart(error)) for (const one of folded) await settle([one]);
      else for (const { failed } of folded) failed(error);
    }
  }

  async function drain(key: string, queue: Waiting<Item, Result>[]): Promise<void> {
    // What is asked for in the same turn goes together.
    await undefined;
    while (queue.length > 0) await settle(queue.splice(0, most));
    queues.delete(key);
  }

  return (key, item) =>
    new Promise((done, failed) => {
      const queue = queues.get(key) ?? [];
      queue.push({ item, done, failed });
      if (queues.has(key)) return;
      queues.set(key, queue);
      void drain(key, queue);
    });
}
