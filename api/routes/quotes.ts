import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { convert } from '../../domain/exchange.ts';
import type { Queryable } from '../../platform/postgres.ts';
import { insertQuote, type Quote, readQuote } from '../../sql/quotes.ts';
import { readRate } from '../../sql/rates.ts';
import type { DirectCommand } from '../../sql/record-resource.ts';
import { COMMAND_PROBLEMS, json, problems, READ_PROBLEMS } from '../answers.ts';
import { amountField, currencyField, idField, readAmount } from '../border/fields.ts';
import { pairName, SAME_CURRENCY } from '../border/rates.ts';
import { refuseTogether } from '../border/validation.ts';
import { commandAnswerHeaders, commandHeaders } from '../commanding.ts';
import { type AppEnv, createRouter, type Deps } from '../context.ts';
import { Problem } from '../problem.ts';
import { type Recording, recordDone } from '../recording.ts';
import { quoteSchema, quoteView } from '../views/quote.ts';

const quoteIdField = idField.openapi({ example: 'quote-17' });

const quoteBody = z
  .strictObject({
    id: quoteIdField.optional(),
    from: currencyField,
    to: currencyField,
    amount: amountField.openapi({ description: 'In the currency `from`' }),
  })
  .openapi({ example: { from: 'EUR', to: 'USD', amount: '10.50' } })
  .transform(({ id, from, to, amount }, ctx) => {
    if (from === to) refuseTogether(ctx, ['to'], SAME_CURRENCY);
    const fromMinor = readAmount(amount, { field: 'amount', currency: from }, ctx);
    return { quoteId: id ?? null, from, to, fromMinor };
  });

type Wish = z.infer<typeof quoteBody>;

const create = createRoute({
  method: 'post',
  path: '/api/quotes',
  tags: ['currencies'],
  summary: "Hold today's rate for an amount for a while",
  description: 'The amount in `to` is rounded down to its minor unit.',
  request: {
    headers: commandHeaders,
    body: { required: true, content: { 'application/json': { schema: quoteBody } } },
  },
  responses: {
    201: { ...json('The quote', quoteSchema), headers: commandAnswerHeaders },
    ...problems(...COMMAND_PROBLEMS),
  },
});

const get = createRoute({
  method: 'get',
  path: '/api/quotes/{id}',
  tags: ['currencies'],
  summary: 'Read a quote, expired or not',
  request: { params: z.object({ id: quoteIdField }) },
  responses: { 200: json('The quote', quoteSchema), ...problems(...READ_PROBLEMS) },
});

/** Quotes: make, read. */
export function quoteRoutes(deps: Deps) {
  return createRouter()
    .openapi(create, async (c) => {
      const command = await recordDone(
        c,
        deps,
        c.req.valid('header'),
        recordingOf(deps, c.req.valid('json')),
      );
      c.header('Location', `/api/quotes/${command.resourceId}`);
      return c.json(quoteView(await load(c, deps, command.resourceId)), 201);
    })
    .openapi(get, async (c) => c.json(quoteView(await load(c, deps, c.req.valid('param').id)), 200));
}

function recordingOf(deps: Deps, wish: Wish): Recording {
  const quoteId = wish.quoteId ?? deps.newId();
  const fingerprint = { ...wish, fromMinor: wish.fromMinor.toString() };
  return {
    type: 'createQuote',
    route: 'POST /api/quotes',
    resource: { kind: 'quote', id: quoteId },
    creates: true,
    fingerprint,
    payload: fingerprint,
    async work(client, command) {
      await insertQuote(client, command.tenant, await price(client, deps, command, { ...wish, quoteId }));
    },
  };
}

/** @throws Problem 422 where there is no rate, or the amount has no worth or too much in the other currency */
async function price(
  db: Queryable,
  deps: Deps,
  { tenant, createdAt }: DirectCommand,
  { quoteId, from, to, fromMinor }: Wish & { quoteId: string },
): Promise<Quote> {
  const found = await readRate(db, tenant, { from, to });
  if (found === undefined) {
    throw new Problem('rate-not-found', `There is no rate for ${pairName({ from, to })}.`);
  }
  const converted = convert({ amountMinor: fromMinor, from, to, rate: found.rate });
  if (!converted.ok) throw new Problem(converted.code, converted.detail);
  const expiresAt = new Date(Date.parse(createdAt) + deps.config.QUOTE_TTL_MS).toISOString();
  const toMinor = converted.amountMinor;
  return { quoteId, from, to, rate: found.rate, fromMinor, toMinor, createdAt, expiresAt };
}

async function load(c: Context<AppEnv>, deps: Deps, quoteId: string): Promise<Quote> {
  const found = await readQuote(deps.pool, c.get('tenant'), quoteId);
  if (found !== undefined) return found;
  throw new Problem('not-found', `There is no quote ${quoteId}.`);
}
