import type { Queryable } from '../platform/postgres.ts';
import type { ProjectionName } from './read-projections.ts';
import type { StreamKey } from './read-stream.ts';
import type { Target } from './targets.ts';

/** A message or event that could not be applied, and why. What is null could not be told. */
export type NewDeadLetter = {
  readonly id: string;
  readonly target: Target | null;
  readonly stream: StreamKey | null;
  readonly version: number | null;
  readonly position: bigint | null;
  readonly partition: number | null;
  readonly offset: string | null;
  readonly payload: string;
  readonly cause: string;
};

export type DeadLetter = {
  readonly id: string;
  readonly projection: ProjectionName | null;
  readonly generation: number | null;
  readonly tenant: string | null;
  readonly streamId: string | null;
  readonly version: number | null;
  readonly position: bigint | null;
  readonly partition: number | null;
  readonly offset: string | null;
  readonly payload: string;
  readonly cause: string;
  readonly status: 'parked' | 'replayed';
  readonly createdAt: string;
  readonly resolvedAt: string | null;
};

const COLUMNS = `dead_letter_id as id, projection, generation, tenant, stream_id as "streamId", version, position,
  partition, kafka_offset as "offset", payload, cause, status, created_at as "createdAt",
  resolved_at as "resolvedAt"`;

/** Bytes of a payload, and of a cause, that a letter keeps: both together must fit into one Kafka request. */
const MAX_TEXT_BYTES = 256 * 1024;

/** Keeps letters; one that is there already is parked again with the new cause, and sent again. */
export async function insertDeadLetters(db: Queryable, letters: readonly NewDeadLetter[]): Promise<void> {
  for (const letter of letters) await insertDeadLetter(db, letter);
}

async function insertDeadLetter(db: Queryable, letter: NewDeadLetter): Promise<void> {
  const known =
    letter.version === null
      ? '(projection, generation, partition, kafka_offset) where version is null'
      : '(projection, generation, tenant, stream_id, version) where version is not null';
  await db.query({
    name: letter.version === null ? 'insert-unreadable-letter' : 'insert-dead-letter',
    text: `insert into dead_letters (dead_letter_id, projection, generation, tenant, stream_id, version, position,
             partition, kafka_offset, payload, cause, status, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'parked', now())
           on conflict ${known}
           do update set cause = excluded.cause, status = 'parked', resolved_at = null, sent_at = null`,
    values: [
      letter.id,
      letter.target?.projection ?? null,
      letter.target?.generation ?? null,
      letter.stream?.tenant ?? null,
      letter.stream?.streamId ?? null,
      letter.version,
      letter.position,
      letter.partition,
      letter.offset,
      storable(letter.payload),
      storable(letter.cause),
    ],
  });
}

/** A text that Postgres takes (it knows no NUL) and Kafka sends; what was cut off is said at its end. */
function storable(text: string): string {
  const bytes = Buffer.from(text.replaceAll('\0', '\ufffd'));
  if (bytes.length <= MAX_TEXT_BYTES) return bytes.toString();
  // As a stream: a character that is cut in two at the end is left out.
  const kept = new TextDecoder().decode(bytes.subarray(0, MAX_TEXT_BYTES), { stream: true });
  return `${kept} … [cut by Remit: ${bytes.length} bytes in all]`;
}

/** Which of these offsets have a letter of a message that could not be read, by `offsetName`. */
export async function readKnownOffsets(db: Queryable, offsets: readonly KafkaOffset[]): Promise<Set<string>> {
  const { rows } = await db.query<KafkaOffset>({
    name: 'read-known-offsets',
    text: `select partition, kafka_offset as "offset" from dead_letters
           join unnest($1::int[], $2::text[]) as o (partition, kafka_offset) using (partition, kafka_offset)
           where version is null`,
    values: [offsets.map((one) => one.partition), offsets.map((one) => one.offset)],
  });
  return new Set(rows.map(offsetName));
}

/** A message of the topic. */
export type KafkaOffset = { readonly partition: number; readonly offset: string };

export function offsetName({ partition, offset }: KafkaOffset): string {
  return `${partition}/${offset}`;
}

/** How many letters keep a stream parked, of all tenants. */
export async function countParked(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ parked: number }>(
    `select count(*)::int as parked from dead_letters where status = 'parked' and stream_id is not null`,
  );
  return rows[0]?.parked ?? 0;
}

/** Letters that the dead-letter topic has not got yet. */
export async function readUnsentLetters(db: Queryable, limit: number): Promise<DeadLetter[]> {
  const { rows } = await db.query<DeadLetter>({
    name: 'read-unsent-letters',
    text: `select ${COLUMNS} from dead_letters where sent_at is null order by dead_letter_id limit $1`,
    values: [limit],
  });
  return rows;
}

export async function markLettersSent(db: Queryable, ids: readonly string[]): Promise<void> {
  await db.query({
    name: 'mark-letters-sent',
    text: `update dead_letters set sent_at = now() where dead_letter_id = any($1)`,
    values: [ids],
  });
}

/** One letter by its id, or undefined. */
export async function readDeadLetter(db: Queryable, id: string): Promise<DeadLetter | undefined> {
  const { rows } = await db.query<DeadLetter>({
    name: 'read-dead-letter',
    text: `select ${COLUMNS} from dead_letters where dead_letter_id = $1`,
    values: [id],
  });
  return rows[0];
}

/** Closes a letter, or with a stream every letter of that stream in the letter's generation. */
export async function resolveLetters(db: Queryable, letter: DeadLetter): Promise<void> {
  await db.query({
    name: 'resolve-letters',
    text: `update dead_letters set status = 'replayed', resolved_at = now()
           where status = 'parked' and (dead_letter_id = $1
             or (projection = $2 and generation = $3 and tenant = $4 and stream_id = $5))`,
    values: [letter.id, letter.projection, letter.generation, letter.tenant, letter.streamId],
  });
}
