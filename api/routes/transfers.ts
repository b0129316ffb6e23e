import { createRoute, z } from '@hono/zod-openapi';
import type { Tenant } from '../../domain/ids.ts';
import { feePolicy, transferPolicy } from '../../domain/policy.ts';
import { TRANSFER_STATUSES } from '../../domain/transfer.ts';
import { type ClaimingCommand, listClaimingCommands } from '../../sql/list-claiming-commands.ts';
import { listTransfers, type ReadTransfer } from '../../sql/list-transfers.ts';
import { readTransfer } from '../../sql/read-transfer.ts';
import { COMMAND_PROBLEMS, cutPage, json, pageOf, problems, READ_PROBLEMS } from '../answers.ts';
import { decodeCursor, encodeCursor, keepFilters } from '../border/cursor.ts';
import { idField, pageQuery, textField, transferIdField } from '../border/fields.ts';
import { checkSchedule, saidOf, transferBody } from '../border/transfer.ts';
import { commandAnswerHeaders, commandHeaders, execute } from '../commanding.ts';
import { createRouter, type Deps } from '../context.ts';
import { dryRun } from '../dry-run.ts';
import { readExchange } from '../exchange.ts';
import { Problem } from '../problem.ts';
import { isRepeat } from '../repeat.ts';
import { transferAnswer } from '../transfer-answer.ts';
import { dryRunSchema, dryRunView } from '../views/dry-run.ts';
import { transferSchema, transferView } from '../views/transfer.ts';

const ROUTE = 'POST /api/transfers';
const create = createRoute({
  method: 'post',
  path: '/api/transfers',
  tags: ['transfers'],
  summary: 'Move money between two accounts, now or later, or try what would happen',
  request: {
    headers: commandHeaders,
    body: { required: true, content: { 'application/json': { schema: transferBody } } },
  },
  responses: {
    200: { ...json('What would happen (dryRun)', dryRunSchema), headers: commandAnswerHeaders },
    201: { ...json('The transfer is completed', transferSchema), headers: commandAnswerHeaders },
    202: {
      ...json('Recorded, not final yet: follow Location', transferSchema),
      headers: commandAnswerHeaders,
    },
    ...problems(...COMMAND_PROBLEMS),
  },
});

const filterFields = {
  status: z.enum(TRANSFER_STATUSES).optional(),
  accountId: idField.optional().openapi({ description: 'On either side' }),
  reference: textField(100).optional().openapi({ example: '2026-08' }),
};
const listQuery = z.object({ ...pageQuery, ...filterFields });
const listCursor = z.strictObject({ ...filterFields, before: z.string().regex(/^[0-9]{1,18}$/) });

const list = createRoute({
  method: 'get',
  path: '/api/transfers',
  tags: ['transfers'],
  summary: 'List transfers, newest first',
  request: { query: listQuery },
  responses: { 200: json('A page of transfers', pageOf(transferSchema)), ...problems(400, 422, 503) },
});

const get = createRoute({
  method: 'get',
  path: '/api/transfers/{id}',
  tags: ['transfers'],
  summary: 'Read a transfer: state, legs, refusal, workflow link',
  request: { params: z.object({ id: transferIdField }) },
  responses: { 200: json('The transfer', transferSchema), ...problems(...READ_PROBLEMS) },
});

/** Transfers: make, list, read. */
export function transferRoutes(deps: Deps) {
  const policies = { policy: transferPolicy(deps.config), fees: feePolicy(deps.config) };
  return createRouter()
    .openapi(create, async (c) => {
      const asked = c.req.valid('json');
      const headers = c.req.valid('header');
      checkSchedule(asked.wish.executeAt, deps.now());
      const tenant = c.get('tenant');
      const { exchange, problem } = await readExchange(deps, tenant, asked);
      if (problem !== null && (asked.dryRun || !(await isRepeat(c, deps, ROUTE, headers)))) throw problem;
      const wish = exchange === null ? asked.wish : { ...asked.wish, exchange };
      if (asked.dryRun) return c.json(dryRunView(await dryRun(deps, tenant, wish, policies)), 200);
      const command = await execute(c, deps, ROUTE, headers, wish, saidOf(asked));
      const view = await transferAnswer(c, deps, command);
      return view.status === 'completed' ? c.json(view, 201) : c.json(view, 202);
    })
    .openapi(list, async (c) => c.json(await transferPage(deps, c.get('tenant'), c.req.valid('query')), 200))
    .openapi(get, async (c) => {
      const { id } = c.req.valid('param');
      const found = await readTransfer(deps.pool, c.get('tenant'), id);
      if (found === undefined) throw new Problem('not-found', `There is no transfer ${id}.`);
      return c.json(transferView(found.transfer, found.command, deps.config), 200);
    });
}

async function transferPage(deps: Deps, tenant: Tenant, query: z.infer<typeof listQuery>) {
  const { limit, cursor, ...filters } = query;
  const { before, ...filter } =
    cursor === undefined
      ? { ...filters, before: null }
      : keepFilters(decodeCursor('transfers', cursor, listCursor), filters);
  const wanted = {
    status: filter.status ?? null,
    accountId: filter.accountId ?? null,
    reference: filter.reference ?? null,
  };
  const from = { limit: limit + 1, before: before === null ? null : BigInt(before) };
  const rows = await listTransfers(deps.readPool, tenant, wanted, from);
  const page = cutPage(rows, limit, (last) =>
    encodeCursor('transfers', { ...filter, before: last.firstPosition.toString() }),
  );
  const commands = await listClaimingCommands(
    deps.pool,
    tenant,
    page.items.map((row) => row.transferId),
  );
  return { ...page, items: page.items.map((row) => withCommand(row, commands.get(row.transferId), deps)) };
}

function withCommand(row: ReadTransfer, command: ClaimingCommand | undefined, deps: Deps) {
  if (command === undefined)
    throw new Error(`transfer ${row.transferId} is in the read table, and nobody asked for it`);
  return transferView(row, command, deps.config);
}
