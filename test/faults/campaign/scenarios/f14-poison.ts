import type pg from 'pg';
import { z } from 'zod';
import { encodeMessage, type LoggedEvent } from '../../../../sql/codec.ts';
import { waitFor } from '../../../processes.ts';
import { readPlaces } from '../log-places.ts';
import type { Scenario, Scene } from '../scenario.ts';
import { campaignKafka, endsOf, readSince } from '../topics.ts';

const PROJECTIONS = 4;
/** Garbage under an account's key, a damaged event of another account, and garbage that names none. */
const LETTERS = 2 * PROJECTIONS + 1;
const PARK_TIMEOUT_MS = 45_000;
/** The sequencer waits for the log's head meanwhile, at most as long as a statement may take. */
const AHEAD_TIMEOUT_MS = 6_000;
const ANSWER_TIMEOUT_MS = 20_000;
/** So many more answers are waited for while accounts are parked: the rest goes on. */
const MEANWHILE = 40;

/**
 * Messages that cannot be applied: garbage, and an event in an account's true place whose data are damaged, sent
 * ahead of the relay. Their accounts are parked, the rest goes on; then each letter is replayed over the API.
 */
export const poison: Scenario = {
  id: 'F14',
  title: 'poison events in Kafka, replayed over the API',
  hit: 'a dead letter that parked an account, with later events behind it',
  deadLetters: LETTERS,
  async inflict(scene) {
    const { accounts } = scene.load;
    const [hot, others] = [streamOf(accounts.hot), accounts.others.map(streamOf)];
    const topic = scene.env.KAFKA_DEAD_LETTER_TOPIC!;
    const before = await endsOf(scene, topic);
    await send(scene, [
      { key: `main/${hot}`, value: 'garbage' },
      { key: null, value: '\0garbage' },
    ]);
    const spoiled = await sendDamaged(scene, others);
    const letters = await waitFor('all letters', () => parkedLetters(scene, [hot, spoiled]), PARK_TIMEOUT_MS);
    await scene.load.answered(MEANWHILE, PARK_TIMEOUT_MS);
    // Whoever replays the letters heals it: that they are dealt with in time is part of what is judged.
    scene.healed();
    const waiting = await replayAll(scene, letters);
    const causes = (await readSince(scene, topic, before)).map(
      ({ headers }) => headers?.cause?.toString() ?? '',
    );
    if (causes.filter(Boolean).length < LETTERS)
      throw new Error(
        `the dead-letter topic has ${causes.length} letters, and should have ${LETTERS} with their causes`,
      );
    return {
      hits: waiting.filter((events) => events > 0).length,
      note: `${letters.length} letters replayed, up to ${Math.max(...waiting)} events waited behind one`,
    };
  },
};

type Message = { readonly key: string | null; readonly value: string; readonly partition?: number };

async function send(scene: Scene, messages: readonly Message[]): Promise<void> {
  const producer = campaignKafka(scene).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  try {
    await producer.send({ topic: scene.env.KAFKA_TOPIC!, acks: -1, messages: [...messages] });
  } finally {
    await producer.disconnect();
  }
}

/**
 * Holds the sequencer up until an event of one of these streams waits behind it and the relay has sent all that is
 * before; then the damaged message is the next that its consumer gets. Returns the stream.
 */
async function sendDamaged(scene: Scene, streamIds: readonly string[]): Promise<string> {
  const client = await scene.db.connect();
  try {
    await client.query('begin');
    await client.query('select position from log_head for update');
    const next = await waitFor(
      'an event that is not in the log yet',
      () => nextUnlogged(scene.db, streamIds),
      AHEAD_TIMEOUT_MS,
    );
    const { partition, ...event } = next;
    const value = encodeMessage({ ...event, data: { ...Object(event.data), balanceMinor: 'damaged' } });
    await send(scene, [{ key: `main/${event.streamId}`, value, partition }]);
    return event.streamId;
  } finally {
    await client.query('rollback');
    client.release();
  }
}

const streamOf = (account: string) => `account-${account}`;

type Row = Omit<LoggedEvent, 'position'> & { partition: number };

async function nextUnlogged(
  db: pg.Pool,
  streamIds: readonly string[],
): Promise<(LoggedEvent & { partition: number }) | null> {
  const { log, relay } = await readPlaces(db);
  if (log !== relay) return null;
  const { rows } = await db.query<Row>(
    `select e.tenant, e.stream_id as "streamId", e.version, e.type, e.schema_version as "schemaVersion", e.data,
       e.metadata, e.occurred_at as "occurredAt", e.hash,
       (select partition from log where stream_id = e.stream_id order by position desc limit 1) as partition
     from outbox o join events e using (tenant, stream_id, version)
     where o.stream_id = any($1) order by e.stream_id, e.version limit 1`,
    [streamIds],
  );
  return rows[0] === undefined ? null : { ...rows[0], position: log + 1n };
}

const letterSchema = z.object({
  id: z.string(),
  streamId: z.string().nullable(),
  cause: z.string().min(1),
  createdAt: z.string(),
});
type Letter = z.infer<typeof letterSchema>;

/** All letters of this run, as the API lists them, or null where there are fewer yet. */
async function parkedLetters(scene: Scene, streamIds: readonly string[]): Promise<Letter[] | null> {
  const { status, body } = await ask(scene, 'GET', '/api/dead-letters?status=parked&limit=200');
  if (status !== 200) return null;
  const { items } = z.object({ items: z.array(letterSchema) }).parse(body);
  const own = items.filter(({ streamId, createdAt }) =>
    streamId === null ? Date.parse(createdAt) >= scene.beganAt : streamIds.includes(streamId),
  );
  return own.length === LETTERS ? own : null;
}

/** Replays each letter and makes sure that it is dealt with; returns how many events waited behind each. */
async function replayAll(scene: Scene, letters: readonly Letter[]): Promise<number[]> {
  const waiting: number[] = [];
  for (const { id } of letters) {
    const before = await ask(scene, 'GET', `/api/dead-letters/${id}`);
    waiting.push(z.object({ waitingEvents: z.int() }).parse(before.body).waitingEvents);
    const { status, body } = await ask(scene, 'POST', `/api/dead-letters/${id}/replay`);
    if (status !== 200) throw new Error(`replaying ${id} answered ${status} ${JSON.stringify(body)}`);
  }
  if (letters.length !== LETTERS) throw new Error(`${letters.length} letters were replayed, not ${LETTERS}`);
  return waiting;
}

async function ask(
  { fleet }: Scene,
  method: 'GET' | 'POST',
  path: string,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${fleet.url('front')}${path}`, {
    method,
    ...(method === 'POST'
      ? { body: '{}', headers: { 'content-type': 'application/json', prefer: 'wait=15' } }
      : {}),
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
  return { status: response.status, body: await response.json() };
}
