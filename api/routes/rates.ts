import { createRoute, z } from '@hono/zod-openapi';
import { type CurrencyPair, listRates, readRate, readRateAt, setRate } from '../../sql/rates.ts';
import { COMMAND_PROBLEMS, cutPage, json, pageOf, problems, READ_PROBLEMS } from '../answers.ts';
import { decodeCursor, encodeCursor } from '../border/cursor.ts';
import { currencyField, momentField, pageQuery } from '../border/fields.ts';
import { pairField, pairName, rateField } from '../border/rates.ts';
import { commandAnswerHeaders, commandHeaders } from '../commanding.ts';
import { createRouter, type Deps } from '../context.ts';
import { Problem } from '../problem.ts';
import { type Recording, recordDone } from '../recording.ts';
import { rateSchema, rateView } from '../views/rate.ts';

const pairParam = z.object({ pair: pairField });
const rateBody = z.strictObject({ rate: rateField });

const put = createRoute({
  method: 'put',
  path: '/api/rates/{pair}',
  tags: ['currencies'],
  summary: 'Set how many units of the second currency one unit of the first buys',
  description: 'The newest rate counts; quotes keep theirs. Each direction of a pair has a rate of its own.',
  request: {
    params: pairParam,
    headers: commandHeaders,
    body: { required: true, content: { 'application/json': { schema: rateBody } } },
  },
  responses: {
    200: { ...json('The rate', rateSchema), headers: commandAnswerHeaders },
    ...problems(...COMMAND_PROBLEMS),
  },
});

const list = createRoute({
  method: 'get',
  path: '/api/rates',
  tags: ['currencies'],
  summary: 'List the newest rates by pair',
  request: { query: z.object(pageQuery) },
  responses: { 200: json('A page of rates', pageOf(rateSchema)), ...problems(400, 503) },
});

const get = createRoute({
  method: 'get',
  path: '/api/rates/{pair}',
  tags: ['currencies'],
  summary: 'Read the newest rate of a pair, or the one that counted at a time',
  request: {
    params: pairParam,
    query: z.object({
      at: momentField.optional().openapi({
        description: 'The rate that counted at this instant; in the future, the newest',
      }),
    }),
  },
  responses: { 200: json('The rate', rateSchema), ...problems(...READ_PROBLEMS) },
});

const listCursor = z.strictObject({ from: currencyField, to: currencyField });

/** What a rate's command keeps: its answer is made of it, for the rate may have been set again since. */
const storedWish = z.strictObject({ from: z.string(), to: z.string(), rate: rateField });

/** Rates: set, list, read. */
export function rateRoutes(deps: Deps) {
  return createRouter()
    .openapi(put, async (c) => {
      const wish = { ...c.req.valid('param').pair, ...c.req.valid('json') };
      const command = await recordDone(c, deps, c.req.valid('header'), setRecording(wish));
      return c.json(rateView({ ...storedWish.parse(command.payload), updatedAt: command.createdAt }), 200);
    })
    .openapi(list, async (c) => {
      const { limit, cursor } = c.req.valid('query');
      const after = cursor === undefined ? null : decodeCursor('rates', cursor, listCursor);
      const rows = await listRates(deps.pool, c.get('tenant'), { limit: limit + 1, after });
      const page = cutPage(rows, limit, ({ from, to }) => encodeCursor('rates', { from, to }));
      return c.json({ ...page, items: page.items.map(rateView) }, 200);
    })
    .openapi(get, async (c) => {
      const { pair } = c.req.valid('param');
      const { at } = c.req.valid('query');
      const tenant = c.get('tenant');
      const read =
        at === undefined ? readRate(deps.pool, tenant, pair) : readRateAt(deps.pool, tenant, pair, at);
      const found = await read;
      if (found !== undefined) return c.json(rateView(found), 200);
      const when = at === undefined ? '' : ` at ${at}`;
      throw new Problem('rate-not-found', `There is no rate for ${pairName(pair)}${when}.`, { status: 404 });
    });
}

function setRecording(wish: CurrencyPair & z.infer<typeof rateBody>): Recording {
  return {
    type: 'setRate',
    route: 'PUT /api/rates/:pair',
    resource: { kind: 'rate', id: pairName(wish) },
    creates: false,
    fingerprint: wish,
    payload: wish,
    work: (client, { tenant, commandId, createdAt }) =>
      setRate(client, { ...wish, tenant, commandId, updatedAt: createdAt }),
  };
}
