import { setMaxListeners } from 'node:events';
import type { TemporalAccess } from './start-workflow.ts';

/** A call to Temporal ends after this at the latest, whoever still waits for it. */
const LONGEST_WATCH_MS = 60_000;
/**
 * So long a call goes on after nobody waits for it any more. Mostly its workflow is about to end, and the call with it.
 * To cancel it just then is to cancel what the server reads for it: Temporal's development server up to 1.29 can be left
 * with a connection to SQLite on which every further statement is interrupted, until it is started again.
 */
const LINGER_MS = 2_000;

/** Waits for the ends of workflows, with one call to Temporal however many wait for the same one. */
export type Watcher = {
  /** Resolves when the workflow has ended, or can be watched no more: Postgres tells what came of it. */
  watch(workflowId: string, signal: AbortSignal): Promise<void>;
};

type Watched = { readonly ended: Promise<void>; watchers: number; readonly over: AbortController };

export function createWatcher(temporal: () => TemporalAccess): Watcher {
  const watched = new Map<string, Watched>();

  function begin(workflowId: string) {
    const over = new AbortController();
    // The SDK adds a listener for each call that it tries, and removes none; they go with this wait.
    setMaxListeners(0, over.signal);
    const { client } = temporal();
    const result = () => client.workflow.getHandle(workflowId).result();
    const ended = client.connection
      .withDeadline(Date.now() + LONGEST_WATCH_MS, () =>
        client.connection.withAbortSignal(over.signal, result),
      )
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => watched.delete(workflowId));
    const entry: Watched = { ended, watchers: 0, over };
    watched.set(workflowId, entry);
    return entry;
  }

  function letGo(entry: Watched): void {
    const cancel = () => {
      if (entry.watchers === 0) entry.over.abort();
    };
    const timer = setTimeout(cancel, LINGER_MS);
    // A process that ends need not wait for it: its connection is closed then.
    timer.unref();
    void entry.ended.then(() => clearTimeout(timer));
  }

  return {
    watch(workflowId, signal) {
      // Its abort was missed: nobody would let go of the call.
      if (signal.aborted) return Promise.resolve();
      const entry = watched.get(workflowId) ?? begin(workflowId);
      entry.watchers += 1;
      signal.addEventListener(
        'abort',
        () => {
          entry.watchers -= 1;
          if (entry.watchers === 0) letGo(entry);
        },
        { once: true },
      );
      return entry.ended;
    },
  };
}
