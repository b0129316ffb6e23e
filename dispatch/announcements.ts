import type { Tenant } from '../domain/ids.ts';
import type { CommandNews } from '../sql/ledger.ts';

/**
 * Tells within a process which commands have ended or begun to wait, once that is committed: where the worker runs beside the API, its
 * clients are answered without asking Temporal or Postgres. Nothing depends on it, for it hears of its own process only.
 */
export type Announcements = {
  announce(tenant: Tenant, news: readonly CommandNews[]): void;
  /** Calls `heard` at most once, with the first news of the command; the returned function stops listening. */
  listen(tenant: Tenant, commandId: string, heard: (news: CommandNews) => void): () => void;
};

export function createAnnouncements(): Announcements {
  // A command is awaited by the request that recorded it, and by the repeats of that one.
  const listeners = new Map<string, Set<(news: CommandNews) => void>>();
  return {
    announce(tenant, news) {
      for (const one of news) {
        const key = `${tenant}/${one.commandId}`;
        const heard = listeners.get(key);
        listeners.delete(key);
        for (const tell of heard ?? []) tell(one);
      }
    },
    listen(tenant, commandId, heard) {
      const key = `${tenant}/${commandId}`;
      const all = listeners.get(key) ?? new Set();
      listeners.set(key, all.add(heard));
      return () => {
        all.delete(heard);
        if (all.size === 0 && listeners.get(key) === all) listeners.delete(key);
      };
    },
  };
}
