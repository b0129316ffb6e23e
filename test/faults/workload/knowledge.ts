import { z } from 'zod';
import type { Observation } from './load.ts';

/** What one client learns from answers. */
export type Knowledge = {
  /** The highest version that this client was told of an account. */
  versionOf(accountId: string): number | undefined;
  /** Takes what an answer tells; returns what others may build on: a completed transfer, or a hold. */
  learn(seen: Observation): { readonly kind: 'completed' | 'held'; readonly id: string } | null;
};

const transfer = z.object({
  id: z.string(),
  reverses: z.string().nullable(),
  legs: z.array(z.object({ accountId: z.string(), version: z.int() })),
});
const versioned = z.object({ id: z.string(), accountId: z.string(), version: z.int() });
const account = z.object({ id: z.string(), balance: z.string(), version: z.int() });

/** A client that knows nothing yet. */
export function createKnowledge(): Knowledge {
  const versions = new Map<string, number>();
  const take = (accountId: string, version: number) =>
    void versions.set(accountId, Math.max(version, versions.get(accountId) ?? 0));
  return {
    versionOf: (accountId) => versions.get(accountId),
    learn({ path, answer }) {
      if (answer === null || (answer.status !== 201 && answer.status !== 200)) return null;
      const body: unknown = JSON.parse(answer.text);
      const moved = transfer.safeParse(body);
      if (moved.success) {
        for (const leg of moved.data.legs) take(leg.accountId, leg.version);
        return moved.data.reverses === null ? { kind: 'completed', id: moved.data.id } : null;
      }
      const written = versioned.safeParse(body);
      if (written.success) {
        take(written.data.accountId, written.data.version);
        return path === '/api/holds' ? { kind: 'held', id: written.data.id } : null;
      }
      const read = account.safeParse(body);
      if (read.success) take(read.data.id, read.data.version);
      return null;
    },
  };
}
