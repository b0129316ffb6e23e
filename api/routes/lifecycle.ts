import { createRoute, z } from '@hono/zod-openapi';
import { COMMAND_PROBLEMS, json, problems } from '../answers.ts';
import { accountIdField, reasonField } from '../border/fields.ts';
import { commandAnswerHeaders, commandHeaders, execute } from '../commanding.ts';
import { createRouter, type Deps } from '../context.ts';
import { accountAnswer } from '../finished.ts';
import { accountSchema, accountView } from '../views/account.ts';
import { commandSchema, commandView } from '../views/command.ts';

const ACTIONS = ['freeze', 'unfreeze', 'close'] as const;
type Action = (typeof ACTIONS)[number];

const SUMMARIES = {
  freeze: 'Freeze an account: it takes refunds and refuses everything else',
  unfreeze: 'Open a frozen account again',
  close: 'Close an account for ever; it must be empty',
} as const satisfies Record<Action, string>;

function lifecycleRoute<Name extends Action>(action: Name) {
  return createRoute({
    method: 'post',
    path: `/api/accounts/{id}/${action}`,
    tags: ['accounts'],
    summary: SUMMARIES[action],
    request: {
      params: z.object({ id: accountIdField }),
      headers: commandHeaders,
      body: {
        required: true,
        content: { 'application/json': { schema: z.strictObject({ reason: reasonField }) } },
      },
    },
    responses: {
      200: { ...json('The account after it', accountSchema), headers: commandAnswerHeaders },
      202: {
        ...json('Recorded, not decided yet: follow Location', commandSchema),
        headers: commandAnswerHeaders,
      },
      ...problems(...COMMAND_PROBLEMS),
    },
  });
}

/** Freeze, unfreeze and close. */
export function lifecycleRoutes(deps: Deps) {
  return createRouter()
    .route('/', lifecycleOf(deps, 'freeze'))
    .route('/', lifecycleOf(deps, 'unfreeze'))
    .route('/', lifecycleOf(deps, 'close'));
}

function lifecycleOf<Name extends Action>(deps: Deps, action: Name) {
  return createRouter().openapi(lifecycleRoute(action), async (c) => {
    const { id: accountId } = c.req.valid('param');
    const request = { type: action, accountId, reason: c.req.valid('json').reason };
    const command = await execute(
      c,
      deps,
      `POST /api/accounts/:id/${action}`,
      c.req.valid('header'),
      request,
    );
    const answer = await accountAnswer(c, deps, command);
    if (answer === null) return c.json(commandView(command), 202);
    return c.json(accountView(answer.account, { ...answer, position: null, asOf: answer.occurredAt }), 200);
  });
}
