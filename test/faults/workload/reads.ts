import { z } from 'zod';
import type { Observation } from './load.ts';
import { toMinor } from './model.ts';

/** An account as a client read it. */
export type AccountRead = {
  readonly client: number;
  readonly accountId: string;
  readonly minVersion: number;
  readonly version: number;
  readonly balanceMinor: bigint;
  readonly heldMinor: bigint;
  readonly sentAt: number;
  readonly seenAt: number;
};

const account = z.object({ id: z.string(), version: z.int(), balance: z.string(), held: z.string() });

/** What a GET of an account told; null for any other request, and where it told nothing. */
export function readAccountOf(seen: Observation): AccountRead | null {
  const { client, method, path, sentAt, seenAt, answer } = seen;
  if (method !== 'GET' || answer?.status !== 200 || !path.startsWith('/api/accounts/')) return null;
  const { id, version, balance, held } = account.parse(JSON.parse(answer.text));
  const minVersion = Number(new URL(path, 'http://remit').searchParams.get('minVersion') ?? 0);
  const money = { balanceMinor: toMinor(balance), heldMinor: toMinor(held) };
  return { client, accountId: id, minVersion, version, ...money, sentAt, seenAt };
}
