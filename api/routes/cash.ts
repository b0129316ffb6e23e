import { createRoute, z } from '@hono/zod-openapi';
import { COMMAND_PROBLEMS, json, problems } from '../answers.ts';
import {
  accountIdField,
  amountField,
  currencyField,
  metadataField,
  readAmount,
  textField,
} from '../border/fields.ts';
import { commandAnswerHeaders, commandHeaders, execute } from '../commanding.ts';
import { createRouter, type Deps } from '../context.ts';
import { accountAnswer } from '../finished.ts';
import { commandSchema, commandView } from '../views/command.ts';
import { cashAnswerSchema, cashView } from '../views/transaction.ts';

const cashBody = z
  .strictObject({
    amount: amountField,
    currency: currencyField,
    description: textField(500).optional().openapi({ example: 'Cash at the counter' }),
    metadata: metadataField.optional(),
  })
  .transform((body, ctx) => ({
    amountMinor: readAmount(body.amount, { field: 'amount', currency: body.currency }, ctx),
    currency: body.currency,
    description: body.description ?? null,
    metadata: body.metadata ?? {},
  }));

const KINDS = {
  deposit: { path: 'deposits', summary: 'Deposit money from outside' },
  withdraw: { path: 'withdrawals', summary: 'Withdraw money to the outside' },
} as const;
type Kind = keyof typeof KINDS;

function cashRoute<Name extends Kind>(kind: Name) {
  const path: (typeof KINDS)[Name]['path'] = KINDS[kind].path;
  return createRoute({
    method: 'post',
    path: `/api/accounts/{id}/${path}`,
    tags: ['accounts'],
    summary: KINDS[kind].summary,
    request: {
      params: z.object({ id: accountIdField }),
      headers: commandHeaders,
      body: { required: true, content: { 'application/json': { schema: cashBody } } },
    },
    responses: {
      201: {
        ...json("The transaction, with the account's new balance and version", cashAnswerSchema),
        headers: commandAnswerHeaders,
      },
      202: {
        ...json('Recorded, not decided yet: follow Location', commandSchema),
        headers: commandAnswerHeaders,
      },
      ...problems(...COMMAND_PROBLEMS),
    },
  });
}

/** Money that comes from outside or leaves. */
export function cashRoutes(deps: Deps) {
  return createRouter().route('/', cashOf(deps, 'deposit')).route('/', cashOf(deps, 'withdraw'));
}

function cashOf<Name extends Kind>(deps: Deps, kind: Name) {
  return createRouter().openapi(cashRoute(kind), async (c) => {
    const request = { type: kind, accountId: c.req.valid('param').id, ...c.req.valid('json') };
    const route = `POST /api/accounts/:id/${KINDS[kind].path}`;
    const command = await execute(c, deps, route, c.req.valid('header'), request);
    const answer = await accountAnswer(c, deps, command);
    if (answer === null) return c.json(commandView(command), 202);
    return c.json(cashView(command.commandId, answer), 201);
  });
}
