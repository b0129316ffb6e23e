import { createRoute, z } from '@hono/zod-openapi';
import type { LimitChanges } from '../../domain/account.ts';
import { COMMAND_PROBLEMS, json, problems } from '../answers.ts';
import { readAmountOf } from '../border/amounts.ts';
import { accountIdField, amountOrZeroField, currencyField } from '../border/fields.ts';
import { commandAnswerHeaders, commandHeaders, execute } from '../commanding.ts';
import { createRouter, type Deps } from '../context.ts';
import { accountAnswer } from '../finished.ts';
import { loadAccount } from '../load-account.ts';
import { conflictingFields } from '../problem.ts';
import { accountSchema, accountView } from '../views/account.ts';
import { commandSchema, commandView } from '../views/command.ts';

const limit = (description: string) =>
  amountOrZeroField.nullable().optional().openapi({ example: '500.00', description });

const body = z
  .strictObject({
    currency: currencyField.optional().openapi({ description: "The account's; left out, it is not checked" }),
    overdraftLimit: amountOrZeroField.optional().openapi({ example: '100.00' }),
    perTransfer: limit('The most that one transfer, withdrawal or hold may take; null: no limit'),
    daily: limit('The most that may leave on one day (UTC), holds included; null: no limit'),
    approvalThreshold: limit("A transfer of more waits for approval; null: as the tenant's policy says"),
  })
  .openapi({ description: 'At least one limit' });

const put = createRoute({
  method: 'put',
  path: '/api/accounts/{id}/limits',
  tags: ['accounts'],
  summary: "Change an account's limits; what is left out stays as it is",
  request: {
    params: z.object({ id: accountIdField }),
    headers: commandHeaders,
    body: { required: true, content: { 'application/json': { schema: body } } },
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

/** Overdraft, per-transfer and daily limits, and from which amount on a person is asked. */
export function limitRoutes(deps: Deps) {
  return createRouter().openapi(put, async (c) => {
    const { id: accountId } = c.req.valid('param');
    const said = c.req.valid('json');
    const { currency: _, ...named } = said;
    if (Object.values(named).every((value) => value === undefined)) {
      throw conflictingFields('', 'must name at least one limit');
    }
    const { account } = await loadAccount(deps, {
      tenant: c.get('tenant'),
      accountId,
      minVersion: undefined,
    });
    const currency = said.currency ?? account.currency;
    const request = { type: 'setLimits' as const, accountId, currency, changes: readChanges(said, currency) };
    const route = 'PUT /api/accounts/:id/limits';
    const command = await execute(c, deps, route, c.req.valid('header'), request);
    const answer = await accountAnswer(c, deps, command);
    if (answer === null) return c.json(commandView(command), 202);
    return c.json(accountView(answer.account, { ...answer, position: null, asOf: answer.occurredAt }), 200);
  });
}

/** Only what was named: null takes a limit away, absence keeps it. */
function readChanges(said: z.infer<typeof body>, currency: string): LimitChanges {
  const read = (field: Exclude<keyof typeof said, 'currency'>) => {
    const text = said[field];
    if (text === undefined || text === null) return text;
    return readAmountOf(`/${field}`, text, currency, { allowZero: true });
  };
  const overdraftLimitMinor = read('overdraftLimit');
  const perTransferMinor = read('perTransfer');
  const dailyMinor = read('daily');
  const approvalThresholdMinor = read('approvalThreshold');
  return {
    ...(overdraftLimitMinor == null ? {} : { overdraftLimitMinor }),
    ...(perTransferMinor === undefined ? {} : { perTransferMinor }),
    ...(dailyMinor === undefined ? {} : { dailyMinor }),
    ...(approvalThresholdMinor === undefined ? {} : { approvalThresholdMinor }),
  };
}
