import type { Queryable } from '../platform/postgres.ts';
import type { DeadLetter } from './dead-letters.ts';
import type { ProjectionName } from './read-projections.ts';

/** Whose letters: one tenant's, or all where it is null; `unowned` adds those whose tenant could not be told. */
export type LetterScope = { readonly tenant: string | null; readonly unowned: boolean };

/** The condition on `dead_letters d` for a scope in `$1` and `$2`. */
export const READABLE = `($1::text is null or d.tenant = $1 or ($2::boolean and d.tenant is null))`;

/** A letter with what became of it. */
export type ListedLetter = DeadLetter & {
  /** The last version of its stream that is applied, where the letter's generation is live and has it parked. */
  readonly parkedAfter: number | null;
  /** The last replay that was asked for, or the one that was looked for. */
  readonly replayId: string | null;
  readonly replayStatus: 'requested' | 'replayed' | 'parked' | null;
  readonly replayCause: string | null;
  readonly replayRequestedAt: string | null;
  readonly replayFinishedAt: string | null;
};

/** Characters of a cause and of a payload that a list shows: letters may be large. */
export const LISTED_CHARACTERS = 2_000;

const LETTER = `d.dead_letter_id as id, d.projection, d.generation, d.tenant, d.stream_id as "streamId", d.version,
  d.position, d.partition, d.kafka_offset as "offset", d.status, d.created_at as "createdAt",
  d.resolved_at as "resolvedAt", a.version as "parkedAfter", r.replay_id as "replayId", r.status as "replayStatus",
  r.cause as "replayCause", r.requested_at as "replayRequestedAt", r.finished_at as "replayFinishedAt"`;

const PARKED = `left join (applied_versions a join projections p on p.name = a.projection
    and p.live_generation = a.generation)
  on a.projection = d.projection and a.generation = d.generation and a.tenant = d.tenant
    and a.stream_id = d.stream_id and a.parked and d.status = 'parked'`;

export type LetterFilters = {
  readonly status: DeadLetter['status'] | null;
  readonly projection: ProjectionName | null;
};

/** A page of letters, newest first; `before` is the last id of the page before (ids are UUIDv7). Long texts are cut. */
export async function listDeadLetters(
  db: Queryable,
  scope: LetterScope,
  filters: LetterFilters,
  page: { limit: number; before: string | null },
): Promise<ListedLetter[]> {
  const { rows } = await db.query<ListedLetter>({
    name: 'list-dead-letters',
    text: `select ${LETTER}, left(d.payload, ${LISTED_CHARACTERS}) as payload,
             left(d.cause, ${LISTED_CHARACTERS}) as cause
           from dead_letters d ${PARKED}
           left join lateral (
             select * from dead_letter_replays where dead_letter_id = d.dead_letter_id
             order by requested_at desc, replay_id desc limit 1) r on true
           where ${READABLE} and ($3::text is null or d.status = $3) and ($4::text is null or d.projection = $4)
             and ($5::text is null or d.dead_letter_id < $5)
           order by d.dead_letter_id desc limit $6`,
    values: [scope.tenant, scope.unowned, filters.status, filters.projection, page.before, page.limit],
  });
  return rows;
}

/** One letter in full, with its last replay or the one that is named, or undefined. */
export async function findDeadLetter(
  db: Queryable,
  scope: LetterScope,
  letterId: string,
  replayId: string | null = null,
): Promise<ListedLetter | undefined> {
  const { rows } = await db.query<ListedLetter>({
    name: 'find-dead-letter',
    text: `select ${LETTER}, d.payload, d.cause
           from dead_letters d ${PARKED}
           left join lateral (
             select * from dead_letter_replays
             where dead_letter_id = d.dead_letter_id and ($4::text is null or replay_id = $4)
             order by requested_at desc, replay_id desc limit 1) r on true
           where ${READABLE} and d.dead_letter_id = $3`,
    values: [scope.tenant, scope.unowned, letterId, replayId],
  });
  return rows[0];
}
