import { setMaxListeners } from 'node:events';
import type { TemporalAccess } from './start-workflow.ts';

/** A call to Temporal ends after this at the latest, whoever still waits for it. */
const LONGEST_WATCH_MS = 60_000;

/** Waits for the ends of workflows, with one call to Temporal however many wait for the same one. */
export type Watcher = {
  /** Resolves when the workflow has ended, or can be watched no more: Postgres tells what came of it. */
  watch(workflowId: string, signal: AbortSignal): Promise<void>;
};

export function createWatcher(temporal: () => TemporalAccess): Watcher {
  const watched = new Map<string, { ended: Promise<void>; watchers: number; over: AbortController }>();

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
    const entry = { ended, watchers: 0, over };
    watched.set(workflowId, entry);
    return entry;
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
          if (entry.watchers === 0) entry.over.abort();
        },
        { once: true },
      );
      return entry.ended;
    },
  };
}
