import { createRoute, z } from '@hono/zod-openapi';
import type { HoldRecord } from '../../sql/read-hold.ts';
import { COMMAND_PROBLEMS, json, problems } from '../answers.ts';
import { readAmountOf } from '../border/amounts.ts';
import {
  accountIdField,
  amountField,
  idField,
  metadataField,
  textField,
  transferIdField,
} from '../border/fields.ts';
import { commandAnswerHeaders, commandHeaders, execute } from '../commanding.ts';
import { createRouter, type Deps } from '../context.ts';
import { Problem } from '../problem.ts';
import { isRepeat } from '../repeat.ts';
import { transferAnswer } from '../transfer-answer.ts';
import { transferSchema } from '../views/transfer.ts';
import { findHold } from './holds.ts';

const body = z.strictObject({
  id: transferIdField.optional().openapi({ description: 'Of the transfer that captures' }),
  to: accountIdField.openapi({ example: 'bob' }),
  amount: amountField.optional().openapi({ description: 'Left out: all of it. The rest is released.' }),
  description: textField(500).optional().openapi({ example: 'Room 12, two nights' }),
  reference: textField(100).optional().openapi({ example: 'invoice-17' }),
  metadata: metadataField.optional(),
});

const ROUTE = 'POST /api/holds/:id/capture';
const capture = createRoute({
  method: 'post',
  path: '/api/holds/{id}/capture',
  tags: ['holds', 'transfers'],
  summary: 'Pay out of a hold, in full or in part: a transfer whose debit is the held money',
  request: {
    params: z.object({ id: idField.openapi({ example: 'hotel-4711' }) }),
    headers: commandHeaders,
    body: { required: true, content: { 'application/json': { schema: body } } },
  },
  responses: {
    201: { ...json('The transfer is completed', transferSchema), headers: commandAnswerHeaders },
    202: {
      ...json('Recorded, not final yet: follow Location', transferSchema),
      headers: commandAnswerHeaders,
    },
    ...problems(...COMMAND_PROBLEMS),
  },
});

/** The second phase of a two-phase payment, as a saga like any other transfer. */
export function captureRoutes(deps: Deps) {
  return createRouter().openapi(capture, async (c) => {
    const said = c.req.valid('json');
    const { hold } = await findHold(c, deps, c.req.valid('param').id as HoldRecord['holdId']);
    const headers = c.req.valid('header');
    const { holdId } = hold;
    const ended = hold.status !== 'held';
    if (ended && !(await isRepeat(c, deps, ROUTE, headers))) {
      throw new Problem('hold-final', `Hold ${holdId} is ${hold.status}.`);
    }
    const request = {
      type: 'transfer' as const,
      transferId: said.id ?? null,
      from: hold.accountId,
      to: said.to,
      amountMinor:
        said.amount === undefined ? hold.amountMinor : readAmountOf('/amount', said.amount, hold.currency),
      currency: hold.currency,
      description: said.description ?? null,
      reference: said.reference ?? null,
      metadata: said.metadata ?? {},
      holdId,
    };
    const command = await execute(c, deps, ROUTE, headers, request, { ...said, holdId });
    const view = await transferAnswer(c, deps, command);
    return view.status === 'completed' ? c.json(view, 201) : c.json(view, 202);
  });
}
