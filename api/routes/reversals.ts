import { createRoute, z } from '@hono/zod-openapi';
import { leftMinor, reversalOf } from '../../domain/reversals.ts';
import type { Transfer } from '../../domain/transfer.ts';
import { COMMAND_PROBLEMS, json, problems } from '../answers.ts';
import { readAmountOf } from '../border/amounts.ts';
import { amountField, metadataField, textField, transferIdField } from '../border/fields.ts';
import { commandAnswerHeaders, commandHeaders, execute } from '../commanding.ts';
import { createRouter, type Deps } from '../context.ts';
import { transferAnswer } from '../transfer-answer.ts';
import { transferSchema } from '../views/transfer.ts';
import { findTransfer } from './transfer-actions.ts';

const body = z.strictObject({
  id: transferIdField.optional().openapi({ example: 'rent-2026-08-back' }),
  amount: amountField
    .optional()
    .openapi({ description: "In the original's currency. Left out: all that reversals have left of it." }),
  description: textField(500).optional().openapi({ example: 'Paid twice' }),
  reference: textField(100).optional().openapi({ example: '2026-08' }),
  metadata: metadataField.optional(),
});

const ROUTE = 'POST /api/transfers/:id/reverse';
const reverse = createRoute({
  method: 'post',
  path: '/api/transfers/{id}/reverse',
  tags: ['transfers'],
  summary: 'Take a completed transfer back, in full or in part: a new transfer the other way',
  request: {
    params: z.object({ id: transferIdField }),
    headers: commandHeaders,
    // Without a body: all that is left.
    body: { required: false, content: { 'application/json': { schema: body } } },
  },
  responses: {
    201: { ...json('The reversal is completed', transferSchema), headers: commandAnswerHeaders },
    202: {
      ...json('Recorded, not final yet: follow Location', transferSchema),
      headers: commandAnswerHeaders,
    },
    ...problems(...COMMAND_PROBLEMS),
  },
});

/** Corrections are new transfers that link to the first; the sum of them never exceeds it. */
export function reversalRoutes(deps: Deps) {
  return createRouter().openapi(reverse, async (c) => {
    const said = c.req.valid('json');
    const { transfer: original } = await findTransfer(c, deps, c.req.valid('param').id);
    const asked = said.amount === undefined ? null : readAmountOf('/amount', said.amount, original.currency);
    // Whether so much is left is decided under the original's lock, and recorded: where nothing is, all of it is asked.
    const amountMinor = asked ?? (leftMinor(original) || original.amountMinor);
    const request = requestOf(original, amountMinor, said);
    const heard = {
      ...said,
      amount: asked === null ? null : asked.toString(),
      reverses: original.transferId,
    };
    const command = await execute(c, deps, ROUTE, c.req.valid('header'), request, heard);
    const view = await transferAnswer(c, deps, command);
    return view.status === 'completed' ? c.json(view, 201) : c.json(view, 202);
  });
}

function requestOf(original: Transfer, amountMinor: bigint, said: z.infer<typeof body>) {
  const { exchange, ...reversal } = reversalOf(original, amountMinor);
  return {
    type: 'transfer' as const,
    transferId: said.id ?? null,
    ...reversal,
    description: said.description ?? null,
    reference: said.reference ?? null,
    metadata: said.metadata ?? {},
    reverses: original.transferId,
    ...(exchange === null ? {} : { exchange }),
  };
}
