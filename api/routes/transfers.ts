import { createRoute, z } from '@hono/zod-openapi';
import type { Tenant } from '../../domain/ids.ts';
import { TRANSFER_STATUSES } from '../../domain/transfer.ts';
import { type ClaimingCommand, listClaimingCommands } from '../../sql/list-claiming-commands.ts';
import { listTransfers, type ReadTransfer } from '../../sql/list-transfers.ts';
import { readTransfer } from '../../sql/read-transfer.ts';
import { COMMAND_PROBLEMS, cutPage, json, pageOf, problems, READ_PROBLEMS } from '../answers.ts';
import { decodeCursor, encodeCursor, keepFilters } from '../border/cursor.ts';
import {
  accountIdField,
  amountField,
  currencyField,
  idField,
  metadataField,
  pageQuery,
  readAmount,
  textField,
  transferIdField,
} from '../border/fields.ts';
import { commandAnswerHeaders, commandHeaders, execute } from '../commanding.ts';
import { createRouter, type Deps } from '../context.ts';
import { Problem } from '../problem.ts';
import { transferAnswer } from '../transfer-answer.ts';
import { transferSchema, transferView } from '../views/transfer.ts';

const transferBody = z
  .strictObject({
    id: transferIdField.optional(),
    from: accountIdField,
    to: accountIdField.openapi({ example: 'bob' }),
    amount: amountField,
    currency: currencyField,
    description: textField(500).optional().openapi({ example: 'Rent for August' }),
    reference: textField(100).optional().openapi({ example: '2026-08' }),
    metadata: metadataField.optional(),
  })
  .transform((body, ctx) => ({
    type: 'transfer' as const,
    transferId: body.id ?? null,
    from: body.from,
    to: body.to,
    amountMinor: readAmount(body.amount, { field: 'amount', currency: body.currency }, ctx),
    currency: body.currency,
    description: body.description ?? null,
    reference: body.reference ?? null,
    metadata: body.metadata ?? {},
  }));

const create = createRoute({
  method: 'post',
  path: '/api/transfers',
  tags: ['transfers'],
  summary: 'Move money between two accounts',
  request: {
    headers: commandHeaders,
    body: { required: true, content: { 'application/json': { schema: transferBody } } },
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

const filterFields = { status: z.enum(TRANSFER_STATUSES).optional(), accountId: idField.optional() };
const listQuery = z.object({ ...pageQuery, ...filterFields });
const listCursor = z.strictObject({ ...filterFields, before: z.string().regex(/^[0-9]{1,18}$/) });

const list = createRoute({
  method: 'get',
  path: '/api/transfers',
  tags: ['transfers'],
  summary: 'List transfers, newest first',
  request: { query: listQuery },
  responses: { 200: json('A page of transfers', pageOf(transferSchema)), ...problems(400, 503) },
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
  return createRouter()
    .openapi(create, async (c) => {
      const command = await execute(
        c,
        deps,
        'POST /api/transfers',
        c.req.valid('header'),
        c.req.valid('json'),
      );
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
      : keepFilters(decodeCursor(cursor, listCursor), filters);
  const wanted = { status: filter.status ?? null, accountId: filter.accountId ?? null };
  const from = { limit: limit + 1, before: before === null ? null : BigInt(before) };
  const rows = await listTransfers(deps.readPool, tenant, wanted, from);
  const page = cutPage(rows, limit, (last) =>
    encodeCursor({ ...filter, before: last.firstPosition.toString() }),
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
