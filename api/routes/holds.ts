import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { HoldId } from '../../domain/ids.ts';
import type { Command } from '../../sql/commands.ts';
import { askedHold, type HoldRecord, readHold, readHoldOf } from '../../sql/read-hold.ts';
import { COMMAND_PROBLEMS, json, problems, READ_PROBLEMS } from '../answers.ts';
import {
  accountIdField,
  amountField,
  currencyField,
  idField,
  metadataField,
  readAmount,
  reasonField,
  textField,
  timeField,
} from '../border/fields.ts';
import { commandAnswerHeaders, commandHeaders, execute } from '../commanding.ts';
import { type AppEnv, createRouter, type Deps } from '../context.ts';
import { accountAnswer } from '../finished.ts';
import { Problem, wrongField } from '../problem.ts';
import { isRepeat } from '../repeat.ts';
import { commandSchema, commandView } from '../views/command.ts';
import { holdAnswerSchema, holdAnswerView, holdSchema, holdView } from '../views/hold.ts';

const holdIdField = idField.transform((id) => id as HoldId).openapi({ example: 'hotel-4711' });

const placeBody = z
  .strictObject({
    id: holdIdField.optional(),
    accountId: accountIdField,
    amount: amountField,
    currency: currencyField,
    expiresAt: timeField.optional().openapi({
      example: '2099-08-08T12:00:00Z',
      description: 'When it ends by itself; left out, it waits until it is captured or voided',
    }),
    description: textField(500).optional().openapi({ example: 'Deposit for room 12' }),
    metadata: metadataField.optional(),
  })
  .transform((body, ctx) => ({
    type: 'placeHold' as const,
    holdId: body.id ?? null,
    accountId: body.accountId,
    amountMinor: readAmount(body.amount, { field: 'amount', currency: body.currency }, ctx),
    currency: body.currency,
    expiresAt: body.expiresAt ?? null,
    description: body.description ?? null,
    metadata: body.metadata ?? {},
  }));

const recorded = {
  ...json('Recorded, not decided yet: follow Location', commandSchema),
  headers: commandAnswerHeaders,
};

const PLACE = 'POST /api/holds';
const place = createRoute({
  method: 'post',
  path: '/api/holds',
  tags: ['holds'],
  summary: 'Reserve money on an account, to be captured or voided later',
  request: {
    headers: commandHeaders,
    body: { required: true, content: { 'application/json': { schema: placeBody } } },
  },
  responses: {
    201: { ...json('The money is held', holdAnswerSchema), headers: commandAnswerHeaders },
    202: recorded,
    ...problems(...COMMAND_PROBLEMS),
  },
});

const get = createRoute({
  method: 'get',
  path: '/api/holds/{id}',
  tags: ['holds'],
  summary: 'Read a hold: whether it is open, captured, voided or expired',
  request: { params: z.object({ id: holdIdField }) },
  responses: { 200: json('The hold', holdSchema), ...problems(...READ_PROBLEMS) },
});

const voidHold = createRoute({
  method: 'post',
  path: '/api/holds/{id}/void',
  tags: ['holds'],
  summary: 'Let go of a hold: the money is available again',
  request: {
    params: z.object({ id: holdIdField }),
    headers: commandHeaders,
    body: {
      required: false,
      content: { 'application/json': { schema: z.strictObject({ reason: reasonField.optional() }) } },
    },
  },
  responses: {
    200: { ...json('The hold after it', holdAnswerSchema), headers: commandAnswerHeaders },
    202: recorded,
    ...problems(...COMMAND_PROBLEMS),
  },
});

/** Holds: place, read, void. A capture is a transfer (captures.ts). */
export function holdRoutes(deps: Deps) {
  return createRouter()
    .openapi(place, async (c) => {
      const request = c.req.valid('json');
      const headers = c.req.valid('header');
      const over = request.expiresAt !== null && request.expiresAt <= deps.now().toISOString();
      if (over && !(await isRepeat(c, deps, PLACE, headers))) {
        throw wrongField('/expiresAt', 'must lie in the future');
      }
      const command = await execute(c, deps, PLACE, headers, request);
      const answer = await accountAnswer(c, deps, command);
      if (answer === null) return c.json(commandView(command), 202);
      // As it was then, so that a repeat gets the same answer whatever became of the hold since.
      const placed = holdView(askedHold(command), command.createdAt);
      c.header('Location', `/api/holds/${placed.id}`);
      return c.json(holdAnswerView(placed, answer), 201);
    })
    .openapi(get, async (c) => {
      const { hold, command } = await findHold(c, deps, c.req.valid('param').id);
      return c.json(holdView(hold, command.createdAt), 200);
    })
    .openapi(voidHold, async (c) => {
      const { id: holdId } = c.req.valid('param');
      const { hold, command: placed } = await findHold(c, deps, holdId);
      const reason = c.req.valid('json').reason ?? 'Voided';
      const request = { type: 'releaseHold' as const, holdId, accountId: hold.accountId, reason };
      const route = 'POST /api/holds/:id/void';
      const command = await execute(c, deps, route, c.req.valid('header'), request);
      const answer = await accountAnswer(c, deps, command);
      if (answer === null) return c.json(commandView(command), 202);
      const ended = await readHoldOf(deps.pool, placed);
      return c.json(holdAnswerView(holdView(ended, placed.createdAt), answer), 200);
    });
}

/**
 * The hold of the path, once it was placed.
 * @throws Problem 404 where it was not; 503 while that is not decided yet
 */
export async function findHold(
  c: Context<AppEnv>,
  deps: Deps,
  holdId: HoldId,
): Promise<{ hold: HoldRecord; command: Command }> {
  const found = await readHold(deps.pool, c.get('tenant'), holdId);
  if (found === undefined || found.command.status === 'refused') {
    throw new Problem('hold-not-found', `There is no hold ${holdId}.`);
  }
  if (found.command.status === 'accepted') {
    const detail = `Hold ${holdId} is being placed by command ${found.command.commandId}.`;
    throw new Problem('not-ready', detail, { headers: { 'retry-after': '1' } });
  }
  return found;
}
