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

const parts = {
  tags: ['accounts'],
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
};

const deposit = createRoute({
  method: 'post',
  path: '/api/accounts/{id}/deposits',
  summary: 'Deposit money from outside',
  ...parts,
});

const withdraw = createRoute({
  method: 'post',
  path: '/api/accounts/{id}/withdrawals',
  summary: 'Withdraw money to the outside',
  ...parts,
});

/** Money that comes from outside or leaves. */
export function cashRoutes(deps: Deps) {
  return createRouter()
    .openapi(deposit, async (c) => {
      const request = {
        type: 'deposit',
        accountId: c.req.valid('param').id,
        ...c.req.valid('json'),
      } as const;
      const command = await execute(
        c,
        deps,
        'POST /api/accounts/:id/deposits',
        c.req.valid('header'),
        request,
      );
      const answer = await accountAnswer(c, deps, command);
      if (answer === null) return c.json(commandView(command), 202);
      return c.json(cashView(command.commandId, answer), 201);
    })
    .openapi(withdraw, async (c) => {
      const request = {
        type: 'withdraw',
        accountId: c.req.valid('param').id,
        ...c.req.valid('json'),
      } as const;
      const command = await execute(
        c,
        deps,
        'POST /api/accounts/:id/withdrawals',
        c.req.valid('header'),
        request,
      );
      const answer = await accountAnswer(c, deps, command);
      if (answer === null) return c.json(commandView(command), 202);
      return c.json(cashView(command.commandId, answer), 201);
    });
}
