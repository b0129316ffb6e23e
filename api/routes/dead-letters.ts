import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { awaitReplay } from '../../dispatch/await-replay.ts';
import { unreachable } from '../../domain/unreachable.ts';
import { askForReplay } from '../../sql/dead-letter-replays.ts';
import {
  findDeadLetter,
  type LetterScope,
  LISTED_CHARACTERS,
  type ListedLetter,
  listDeadLetters,
} from '../../sql/list-dead-letters.ts';
import { readHeadVersions, streamName } from '../../sql/read-stream.ts';
import { COMMAND_PROBLEMS, cutPage, json, pageOf, problems, READ_PROBLEMS } from '../answers.ts';
import { decodeCursor, encodeCursor, keepFilters } from '../border/cursor.ts';
import { idField, pageQuery } from '../border/fields.ts';
import { applyPrefer, commandAnswerHeaders, commandHeaders } from '../commanding.ts';
import { type AppEnv, createRouter, type Deps } from '../context.ts';
import { Problem } from '../problem.ts';
import { deadLetterSchema, deadLetterView, LETTER_STATUSES, PROJECTIONS } from '../views/dead-letter.ts';

const params = z.object({ id: idField.openapi({ example: '0198f2a4-7c31-7000-8000-0242ac120002' }) });
const filters = {
  status: z.enum(LETTER_STATUSES).optional(),
  projection: z.enum(PROJECTIONS).optional(),
};

const list = createRoute({
  method: 'get',
  path: '/api/dead-letters',
  tags: ['operation'],
  summary: 'What could not be applied to the read tables, newest first',
  description:
    'Each poison event has a letter for each projection that it stopped. The stream is parked in that projection; ' +
    `everything else goes on. Causes and payloads are cut at ${LISTED_CHARACTERS} characters here.`,
  request: { query: z.object({ ...filters, ...pageQuery }) },
  responses: {
    200: json('A page of dead letters', pageOf(deadLetterSchema)),
    ...problems(400, 422, 503),
  },
});

const get = createRoute({
  method: 'get',
  path: '/api/dead-letters/{id}',
  tags: ['operation'],
  summary: 'Read a dead letter in full',
  request: { params },
  responses: { 200: json('The letter', deadLetterSchema), ...problems(...READ_PROBLEMS) },
});

const replay = createRoute({
  method: 'post',
  path: '/api/dead-letters/{id}/replay',
  tags: ['operation'],
  summary: "Apply the letter's stream again, from the event store",
  description:
    'Un-parks the stream and applies all that the event store has of it; every letter of the stream and projection ' +
    'is dealt with then. What cannot be applied parks it again: 422 `still-parked`, with the new cause. A letter ' +
    'without a stream is just closed. A projector does it; 202 where none has in time.',
  request: {
    params,
    headers: commandHeaders,
    body: { content: { 'application/json': { schema: z.strictObject({}) } } },
  },
  responses: {
    200: { ...json('It is dealt with', deadLetterSchema), headers: commandAnswerHeaders },
    202: {
      ...json('Recorded; Location tells what becomes of it', deadLetterSchema),
      headers: commandAnswerHeaders,
    },
    ...problems(...COMMAND_PROBLEMS),
  },
});

const listCursor = z.strictObject({
  before: idField,
  status: z.enum(LETTER_STATUSES).nullable(),
  projection: z.enum(PROJECTIONS).nullable(),
});

/** What could not be projected, and replaying it. */
export function deadLetterRoutes(deps: Deps) {
  return createRouter()
    .openapi(list, async (c) => {
      const { limit, cursor, ...query } = c.req.valid('query');
      const { before, ...kept } = readCursor(cursor, query);
      const rows = await listDeadLetters(deps.readPool, scopeOf(c), kept, { limit: limit + 1, before });
      const page = cutPage(rows, limit, (last) => encodeCursor('dead-letters', { before: last.id, ...kept }));
      return c.json({ ...page, items: await views(deps, page.items) }, 200);
    })
    .openapi(get, async (c) => c.json(await load(c, deps, c.req.valid('param').id), 200))
    .openapi(replay, async (c) => {
      const { id } = c.req.valid('param');
      const headers = c.req.valid('header');
      const waitMs = applyPrefer(c, headers, deps.config.COMMAND_WAIT_MS);
      const replayId = await ask(c, deps, id, headers['Idempotency-Key'] ?? null);
      const { status, cause } = await awaitReplay(deps.readPool, replayId, waitMs, deps.hurry);
      if (status === 'parked') throw stillParked(id, cause);
      const letter = await load(c, deps, id, replayId);
      if (status === 'replayed') return c.json(letter, 200);
      c.header('Location', `/api/dead-letters/${id}`);
      return c.json(letter, 202);
    });
}

type Filters = Omit<z.infer<typeof listCursor>, 'before'>;

function readCursor(
  cursor: string | undefined,
  query: { [Name in keyof Filters]?: Filters[Name] | undefined },
) {
  if (cursor === undefined) {
    return { before: null, status: query.status ?? null, projection: query.projection ?? null };
  }
  const { before, ...fromCursor } = decodeCursor('dead-letters', cursor, listCursor);
  return { before, ...keepFilters<Filters>(fromCursor, query) };
}

/**
 * Letters whose tenant could not be told may hold anybody's data: they are for whoever runs Remit, which everyone
 * is who can ask as long as there are no credentials (middleware/principal.ts).
 */
function scopeOf(c: Context<AppEnv>): LetterScope {
  return { tenant: c.get('tenant'), unowned: true };
}

/** @throws Problem 404 */
async function load(c: Context<AppEnv>, deps: Deps, id: string, replayId?: string) {
  const letter = await findDeadLetter(deps.readPool, scopeOf(c), id, replayId);
  if (letter === undefined) throw noLetter(id);
  const [view] = await views(deps, [letter]);
  if (view === undefined) throw new Error(`dead letter ${id} has no view`);
  return view;
}

/** With what waits behind each: how far the streams are is the event store's to tell. */
async function views({ pool }: Deps, letters: readonly ListedLetter[]) {
  const streamOf = ({ tenant, streamId, parkedAfter }: ListedLetter) =>
    tenant === null || streamId === null || parkedAfter === null ? null : { tenant, streamId };
  const streams = new Map(
    letters.flatMap((letter) => {
      const stream = streamOf(letter);
      return stream === null ? [] : [[streamName(stream), stream] as const];
    }),
  );
  const heads = await readHeadVersions(pool, [...streams.values()]);
  return letters.map((letter) => {
    const stream = streamOf(letter);
    return deadLetterView(letter, stream === null ? 0 : (heads.get(streamName(stream)) ?? 0));
  });
}

/** Returns the id of the replay, a new one or that of the same key. */
async function ask(c: Context<AppEnv>, deps: Deps, letterId: string, idempotencyKey: string | null) {
  const asked = await askForReplay(deps.readPool, {
    replayId: deps.newId(),
    letterId,
    scope: scopeOf(c),
    principal: c.get('principal'),
    idempotencyKey,
  });
  switch (asked.kind) {
    case 'unknown':
      throw noLetter(letterId);
    case 'key-reused':
      throw new Problem('idempotency-key-reused', 'This Idempotency-Key came for another letter before.');
    case 'recorded':
      if (asked.replayed) c.header('Idempotency-Replayed', 'true');
      return asked.replayId;
    default:
      return unreachable(asked);
  }
}

function noLetter(id: string): Problem {
  return new Problem('not-found', `There is no dead letter ${id}.`);
}

function stillParked(id: string, cause: string | null): Problem {
  const why = (cause ?? '').slice(0, LISTED_CHARACTERS);
  return new Problem('still-parked', `The stream of dead letter ${id} is parked again: ${why}`);
}
