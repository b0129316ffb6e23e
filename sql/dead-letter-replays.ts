import type { Pool, Queryable } from '../platform/postgres.ts';
import { type LetterScope, READABLE } from './list-dead-letters.ts';
import { inTransaction } from './transaction.ts';

/** Who asks for which letter; the key is theirs alone. */
export type ReplayWish = {
  readonly replayId: string;
  readonly letterId: string;
  readonly scope: LetterScope;
  readonly principal: string;
  readonly idempotencyKey: string | null;
};

export type ReplayAsked =
  | { readonly kind: 'recorded'; readonly replayId: string; readonly replayed: boolean }
  /** The key came for another letter before. */
  | { readonly kind: 'key-reused' }
  | { readonly kind: 'unknown' };

/** What came of a replay. `parked`: the stream is parked again, for this cause. */
export type ReplayResult = { readonly status: 'replayed' | 'parked'; readonly cause: string | null };

export type Replay = {
  readonly replayId: string;
  readonly status: 'requested' | ReplayResult['status'];
  readonly cause: string | null;
};

/**
 * Asks the projectors to replay a dead letter; one of them picks it up within a second. The same key always gives
 * the same replay back.
 * @example await askForReplay(readPool, { replayId: uuidv7(), letterId, scope, principal: 'local', idempotencyKey: null })
 */
export function askForReplay(readPool: Pool, wish: ReplayWish): Promise<ReplayAsked> {
  return inTransaction(readPool, async (client) => {
    const inserted = await insertReplay(client, wish);
    if (inserted) return { kind: 'recorded', replayId: wish.replayId, replayed: false };
    const earlier = await readByKey(client, wish);
    if (earlier === undefined) return { kind: 'unknown' };
    if (earlier.letterId !== wish.letterId) return { kind: 'key-reused' };
    return { kind: 'recorded', replayId: earlier.replayId, replayed: true };
  });
}

async function insertReplay(db: Queryable, wish: ReplayWish): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'insert-dead-letter-replay',
    text: `insert into dead_letter_replays (replay_id, dead_letter_id, tenant, principal, idempotency_key)
           select $3, dead_letter_id, $1, $4, $5 from dead_letters d where dead_letter_id = $6 and ${READABLE}
           on conflict (tenant, principal, idempotency_key) where idempotency_key is not null do nothing`,
    values: [
      wish.scope.tenant,
      wish.scope.unowned,
      wish.replayId,
      wish.principal,
      wish.idempotencyKey,
      wish.letterId,
    ],
  });
  return rowCount === 1;
}

async function readByKey(db: Queryable, { scope, principal, idempotencyKey }: ReplayWish) {
  const { rows } = await db.query<{ replayId: string; letterId: string }>({
    name: 'read-replay-by-key',
    text: `select replay_id as "replayId", dead_letter_id as "letterId" from dead_letter_replays
           where tenant = $1 and principal = $2 and idempotency_key = $3`,
    values: [scope.tenant, principal, idempotencyKey],
  });
  return rows[0];
}

/** Replays that nobody has done yet, the oldest first. */
export async function readRequestedReplays(
  db: Queryable,
  limit: number,
): Promise<{ replayId: string; letterId: string }[]> {
  const { rows } = await db.query<{ replayId: string; letterId: string }>({
    name: 'read-requested-replays',
    text: `select replay_id as "replayId", dead_letter_id as "letterId" from dead_letter_replays
           where status = 'requested' order by replay_id limit $1`,
    values: [limit],
  });
  return rows;
}

/** Writes what came of a replay; where another leader was first, its result stays. */
export async function finishReplay(db: Queryable, replayId: string, result: ReplayResult): Promise<void> {
  await db.query({
    name: 'finish-replay',
    text: `update dead_letter_replays set status = $2, cause = $3, finished_at = now()
           where replay_id = $1 and status = 'requested'`,
    values: [replayId, result.status, result.cause],
  });
}

/** What became of a replay that was asked for. */
export async function readReplay(db: Queryable, replayId: string): Promise<Replay | undefined> {
  const { rows } = await db.query<Replay>({
    name: 'read-replay',
    text: `select replay_id as "replayId", status, cause from dead_letter_replays where replay_id = $1`,
    values: [replayId],
  });
  return rows[0];
}
