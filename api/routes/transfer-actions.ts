import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { CommandRequest } from '../../dispatch/dispatcher.ts';
import type { TransferId } from '../../domain/ids.ts';
import type { TransferAction } from '../../domain/transfer-actions.ts';
import { readTransfer, type TransferRecord } from '../../sql/read-transfer.ts';
import { readTransferAnswer } from '../../sql/read-transfer-answer.ts';
import { COMMAND_PROBLEMS, json, problems } from '../answers.ts';
import { accountIdField, reasonField, transferIdField } from '../border/fields.ts';
import { commandAnswerHeaders, commandHeaders, execute } from '../commanding.ts';
import { type AppEnv, createRouter, type Deps } from '../context.ts';
import { Problem } from '../problem.ts';
import { commandSchema, commandView } from '../views/command.ts';
import { transferSchema, transferView } from '../views/transfer.ts';

type Action = TransferAction['type'];
type Headers = z.infer<typeof commandHeaders>;

const SUMMARIES = {
  cancel: 'Cancel a transfer whose money has not moved yet',
  approve: 'Approve a transfer that waits for a person: it goes on',
  decline: 'Decline a transfer that waits for a person: nothing moves',
  retry: 'Give the money of a parked transfer (needs_attention) back to its source',
  resolve: 'Give the money of a parked transfer (needs_attention) to any account of its currency',
} as const satisfies Record<Action, string>;

const reason = reasonField.openapi({ example: 'As agreed on the phone' });
const reasonBody = z.strictObject({ reason });
const resolveBody = z.strictObject({ to: accountIdField.openapi({ example: 'bob' }), reason });

function actionRoute<Name extends Action, Body extends z.ZodType>(action: Name, body: Body) {
  return createRoute({
    method: 'post',
    path: `/api/transfers/{id}/${action}`,
    tags: ['transfers'],
    summary: SUMMARIES[action],
    request: {
      params: z.object({ id: transferIdField }),
      headers: commandHeaders,
      body: { required: true, content: { 'application/json': { schema: body } } },
    },
    responses: {
      200: { ...json('The transfer right after it', transferSchema), headers: commandAnswerHeaders },
      202: {
        ...json('Recorded, not decided yet: follow Location', commandSchema),
        headers: commandAnswerHeaders,
      },
      ...problems(...COMMAND_PROBLEMS),
    },
  });
}

/** People's part of the saga: each is a recorded command, decided under the transfer's lock. */
export function transferActionRoutes(deps: Deps) {
  return createRouter()
    .route('/', actionOf(deps, 'cancel'))
    .route('/', actionOf(deps, 'approve'))
    .route('/', actionOf(deps, 'decline'))
    .route('/', actionOf(deps, 'retry'))
    .openapi(actionRoute('resolve', resolveBody), async (c) => {
      const { id: transferId } = c.req.valid('param');
      const wish = { type: 'resolve' as const, transferId, ...c.req.valid('json') };
      const done = await act(c, deps, wish, c.req.valid('header'));
      return done.status === 200 ? c.json(done.body, 200) : c.json(done.body, 202);
    });
}

function actionOf<Name extends Exclude<Action, 'resolve'>>(deps: Deps, action: Name) {
  return createRouter().openapi(actionRoute(action, reasonBody), async (c) => {
    const { id: transferId } = c.req.valid('param');
    const wish = { type: action, transferId, reason: c.req.valid('json').reason };
    const done = await act(c, deps, wish, c.req.valid('header'));
    return done.status === 200 ? c.json(done.body, 200) : c.json(done.body, 202);
  });
}

/** @throws Problem 404 where there is no such transfer, else as the action was refused */
async function act(
  c: Context<AppEnv>,
  deps: Deps,
  wish: Extract<CommandRequest, { type: Action }>,
  headers: Headers,
) {
  const found = await findTransfer(c, deps, wish.transferId);
  const command = await execute(c, deps, `POST /api/transfers/:id/${wish.type}`, headers, wish);
  if (command.status === 'accepted') {
    c.header('Location', `/api/commands/${command.commandId}`);
    return { status: 202 as const, body: commandView(command) };
  }
  const { refusal } = command;
  if (refusal !== null)
    throw new Problem(refusal.code, refusal.detail, { members: { transferId: wish.transferId } });
  const transfer = await readTransferAnswer(deps.pool, command);
  if (transfer === undefined)
    throw new Error(`command ${command.commandId} is completed, and nothing tells what it came to`);
  return { status: 200 as const, body: transferView(transfer, found.command, deps.config) };
}

/** @throws Problem 404 where nobody asked for such a transfer */
export async function findTransfer(
  c: Context<AppEnv>,
  deps: Deps,
  transferId: TransferId,
): Promise<TransferRecord> {
  const found = await readTransfer(deps.pool, c.get('tenant'), transferId);
  if (found !== undefined) return found;
  throw new Problem('not-found', `There is no transfer ${transferId}.`);
}
