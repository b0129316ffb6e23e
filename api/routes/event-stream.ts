import { setTimeout as sleep } from 'node:timers/promises';
import { createRoute, z } from '@hono/zod-openapi';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import { followEvents } from '../../sql/follow-events.ts';
import { readLogHead } from '../../sql/read-log.ts';
import { problems } from '../answers.ts';
import { accountIdField, positionField } from '../border/fields.ts';
import { createRouter, type Deps } from '../context.ts';
import { FEED_PAGE, runFeed, shareHead } from '../event-feed.ts';
import { Problem } from '../problem.ts';
import { EVENT_TYPES } from '../views/event.ts';

/** After this pause a client that lost its stream comes back. */
const CLIENT_RETRY_MS = 1_000;
/** A client that takes nothing for so long is let go, so that it does not keep its place among the streams. */
const SEND_TIMEOUT_MS = 30_000;

const anyType = `(?:${EVENT_TYPES.join('|')})`;

const query = z.object({
  after: positionField.optional().openapi({
    description: 'Events behind this position; without it and without Last-Event-ID: only what comes now',
  }),
  accountId: accountIdField.optional().openapi({
    description: "Only the account's events, and those of transfers' streams that are from or to it",
  }),
  type: z
    .string()
    .regex(new RegExp(`^${anyType}(?:,${anyType})*$`), 'must be types of events, separated by commas')
    .transform((text) => text.split(','))
    .optional()
    .openapi({
      type: 'string',
      pattern: `^${anyType}(?:,${anyType})*$`,
      example: 'MoneyDeposited,TransferDebited',
      description: 'Only events of these types',
    }),
});

const headers = z.object({
  'Last-Event-ID': positionField.optional().openapi({
    description: 'Resumes behind this position; browsers send it by themselves. Goes before `after`.',
  }),
});

/** What one event of the stream holds; a place without an event has an `id` alone. */
const sentEvent = z
  .strictObject({
    id: z.string().optional().openapi({ example: '17', description: 'Position; resume behind it' }),
    event: z.string().optional().openapi({ example: 'AccountFrozen' }),
    data: z.string().optional().openapi({ description: 'The JSON of `GET /api/events`' }),
    retry: z.int().optional().openapi({ description: 'Milliseconds until a client may come back' }),
  })
  .openapi('SentEvent');

const stream = createRoute({
  method: 'get',
  path: '/api/events/stream',
  tags: ['events'],
  summary: 'Live events, as server-sent events',
  description:
    'Each event comes once and in the global order: `id` is its position, `event` its type, `data` the JSON of ' +
    'GET /api/events. A block with an `id` alone tells how far the stream has looked, so that a client resumes ' +
    'from there; a comment comes at least every 15 seconds. The stream ends when the server stops, and after a ' +
    "time of its own: come back with Last-Event-ID. A position beyond the log's end is 409 `version-ahead`.",
  request: { query, headers },
  responses: {
    200: {
      description: 'The stream',
      content: {
        'text/event-stream': {
          // The schema of each event of the stream, as EventSource hears them.
          schema: sentEvent,
        },
      },
    },
    ...problems(400, 409, 503),
  },
});

/** Live events. Each process serves a bounded number of streams; one more is told to come back later. */
export function eventStreamRoutes(deps: Deps) {
  const head = shareHead(() => readLogHead(deps.pool));
  let open = 0;

  return createRouter().openapi(stream, async (c) => {
    const { after, accountId, type } = c.req.valid('query');
    const filter = { accountId: accountId ?? null, types: type ?? null };
    const start = startOf(c.req.valid('header')['Last-Event-ID'] ?? after, await readLogHead(deps.pool));
    c.header('X-Accel-Buffering', 'no');
    // Nobody would read the stream of a HEAD, nor tell it to end.
    if (c.req.method === 'HEAD') return c.body(null, 200, { 'content-type': 'text/event-stream' });
    if (open >= deps.config.EVENT_STREAMS_MAX) throw tooMany(deps.config.EVENT_STREAMS_MAX);
    const tenant = c.get('tenant');
    open += 1;
    return streamSSE(c, async (out) => {
      const end = endOf(out, deps.config.EVENT_STREAM_MAX_MS);
      try {
        await send(out, () => out.write(`retry: ${CLIENT_RETRY_MS}\nid: ${start}\n\n`));
        await runFeed({
          after: start,
          read: async (from) => {
            if ((await head()) <= from) return { events: [], through: null };
            return followEvents(deps.pool, tenant, { after: from, limit: FEED_PAGE }, filter);
          },
          send: (event) =>
            send(out, () =>
              out.writeSSE({ id: String(event.position), event: event.type, data: JSON.stringify(event) }),
            ),
          mark: (position) => send(out, () => out.write(`: still here\nid: ${position}\n\n`)),
          ended: end.signal,
          isDraining: deps.isDraining,
          log: deps.log,
        });
      } catch (error) {
        // The client is told nothing but the end: it comes back with its Last-Event-ID.
        deps.log.error({ err: error, requestId: c.get('requestId') }, 'an event stream failed');
      } finally {
        end.clear();
        open -= 1;
      }
    });
  });
}

/** The position that a stream begins behind. Ids of another store, such as one that was reset, are refused. */
function startOf(asked: bigint | undefined, head: bigint): bigint {
  if (asked === undefined) return head;
  if (asked <= head) return asked;
  throw new Problem('version-ahead', `The log ends at position ${head}: begin there, or at 0.`);
}

function tooMany(max: number): Problem {
  const parts = { headers: { 'retry-after': '5' } };
  return new Problem('too-many-streams', `This process serves at most ${max} streams. Try again.`, parts);
}

/** Aborts when the client goes, or when the stream's time is over. */
function endOf(out: SSEStreamingApi, lifetimeMs: number) {
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(), lifetimeMs).unref();
  out.onAbort(() => end.abort());
  if (out.aborted) end.abort();
  return { signal: end.signal, clear: () => clearTimeout(timer) };
}

/** Waits until the client has taken it; one that takes nothing for too long is given up. */
async function send(out: SSEStreamingApi, write: () => Promise<unknown>): Promise<void> {
  const taken = new AbortController();
  const late = sleep(SEND_TIMEOUT_MS, true, { signal: taken.signal }).catch(() => false);
  const gaveUp = await Promise.race([write().then(() => false), late]);
  taken.abort();
  if (gaveUp) out.abort();
}
