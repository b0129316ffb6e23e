import { createRoute, z } from '@hono/zod-openapi';
import { transferTerms } from '../../dispatch/new-command.ts';
import { NO_FEES } from '../../domain/fees.ts';
import { decideReversal } from '../../domain/legs.ts';
import { leftMinor, reversalOf } from '../../domain/reversals.ts';
import type { Transfer } from '../../domain/transfer.ts';
import { COMMAND_PROBLEMS, json, problems } from '../answers.ts';
import { readAmountOf } from '../border/amounts.ts';
import { amountField, metadataField, textField, transferIdField } from '../border/fields.ts';
import { commandAnswerHeaders, commandHeaders, execute } from '../commanding.ts';
import { createRouter, type Deps } from '../context.ts';
import { Problem } from '../problem.ts';
import { isRepeat } from '../repeat.ts';
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
    body: { required: true, content: { 'application/json': { schema: body } } },
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
    const amountMinor = asked ?? leftMinor(original);
    const request = requestOf(original, amountMinor, said);
    const headers = c.req.valid('header');
    const problem = problemOf(original, request);
    if (problem !== null && !(await isRepeat(c, deps, ROUTE, headers))) throw problem;
    const heard = {
      ...said,
      amount: asked === null ? null : asked.toString(),
      reverses: original.transferId,
    };
    const command = await execute(c, deps, ROUTE, headers, request, heard);
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

/** Told before anything is recorded; what changes meanwhile is decided again under the original's lock. */
function problemOf(original: Transfer, request: ReturnType<typeof requestOf>): Problem | null {
  const decision = decideReversal(transferTerms(request, original.transferId, NO_FEES), original);
  return decision.ok ? null : new Problem(decision.refusal.code, decision.refusal.detail);
}
