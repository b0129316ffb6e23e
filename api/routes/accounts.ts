import { createRoute, z } from '@hono/zod-openapi';
import type { AccountId, Tenant } from '../../domain/ids.ts';
import { listAccounts } from '../../sql/list-accounts.ts';
import { COMMAND_PROBLEMS, cutPage, json, pageOf, problems, READ_PROBLEMS } from '../answers.ts';
import { decodeCursor, encodeCursor, keepFilters } from '../border/cursor.ts';
import {
  accountIdField,
  amountOrZeroField,
  currencyField,
  idField,
  metadataField,
  minVersionField,
  momentField,
  newAccountIdField,
  pageQuery,
  readAmount,
  textField,
  versionField,
} from '../border/fields.ts';
import { refuseTogether } from '../border/validation.ts';
import { checkOwner } from '../check-owner.ts';
import { commandAnswerHeaders, commandHeaders, execute } from '../commanding.ts';
import { createRouter, type Deps } from '../context.ts';
import { accountAnswer } from '../finished.ts';
import { loadAccount } from '../load-account.ts';
import { loadAccountAt, loadAccountAtVersion } from '../load-past-account.ts';
import { accountSchema, accountView } from '../views/account.ts';
import { commandSchema, commandView } from '../views/command.ts';

const openBody = z
  .strictObject({
    id: newAccountIdField.optional(),
    ownerId: idField.optional().openapi({ example: 'customer-7' }),
    name: textField(200).optional().openapi({ example: "Alice's savings" }),
    currency: currencyField,
    initialDeposit: amountOrZeroField.optional().openapi({ example: '100.00' }),
    overdraftLimit: amountOrZeroField.optional().openapi({ example: '0' }),
    metadata: metadataField.optional(),
  })
  .transform((body, ctx) => ({
    type: 'openAccount' as const,
    accountId: body.id ?? null,
    ownerId: body.ownerId ?? null,
    name: body.name ?? null,
    currency: body.currency,
    initialDepositMinor: readLimit(body.initialDeposit, 'initialDeposit', body.currency, ctx),
    overdraftLimitMinor: readLimit(body.overdraftLimit, 'overdraftLimit', body.currency, ctx),
    metadata: body.metadata ?? {},
  }));

/** Absent means none, and zero may be said as well. */
function readLimit(text: string | undefined, field: string, currency: string, ctx: z.RefinementCtx): bigint {
  return readAmount(text ?? '0', { field, currency, allowZero: true }, ctx);
}

const OPEN = 'POST /api/accounts';

const open = createRoute({
  method: 'post',
  path: '/api/accounts',
  tags: ['accounts'],
  summary: 'Open an account',
  request: {
    headers: commandHeaders,
    body: { required: true, content: { 'application/json': { schema: openBody } } },
  },
  responses: {
    201: { ...json('The account is open', accountSchema), headers: commandAnswerHeaders },
    202: {
      ...json('Recorded, not decided yet: follow Location', commandSchema),
      headers: commandAnswerHeaders,
    },
    ...problems(...COMMAND_PROBLEMS),
  },
});

const listQuery = z.object({
  ...pageQuery,
  ownerId: idField.optional(),
  status: z.enum(['open', 'frozen', 'closed']).optional(),
  currency: currencyField.optional(),
});

const listCursor = z.strictObject({
  ownerId: idField.optional(),
  status: z.enum(['open', 'frozen', 'closed']).optional(),
  currency: currencyField.optional(),
  after: idField,
});

const list = createRoute({
  method: 'get',
  path: '/api/accounts',
  tags: ['accounts'],
  summary: 'List accounts by id',
  request: { query: listQuery },
  responses: { 200: json('A page of accounts', pageOf(accountSchema)), ...problems(400, 422, 503) },
});

/** One way to say which state is meant. */
const getQuery = z
  .object({
    minVersion: minVersionField,
    version: versionField.optional().openapi({ description: 'As the account was at this version' }),
    at: momentField.optional().openapi({
      description:
        'As the account was at this instant: at the last version that was decided by then, or, in the future, as it is now',
    }),
  })
  .superRefine((query, ctx) => {
    const [, second] = Object.keys(query).filter((name) => query[name as keyof typeof query] !== undefined);
    if (second === undefined) return;
    const message = 'at, version and minVersion exclude each other';
    refuseTogether(ctx, [second], message);
  });

const get = createRoute({
  method: 'get',
  path: '/api/accounts/{id}',
  tags: ['accounts'],
  summary: 'Read an account as it is, or as it was at a time or version',
  request: {
    params: z.object({ id: accountIdField }),
    query: getQuery,
    headers: z.object({ 'If-None-Match': z.string().optional().openapi({ example: '"3"' }) }),
  },
  responses: {
    200: {
      ...json('The account', accountSchema),
      headers: z.object({ ETag: z.string().openapi({ example: '"3"', description: 'The version' }) }),
    },
    304: { description: 'Still the version of If-None-Match' },
    ...problems(...READ_PROBLEMS, 409, 422),
  },
});

/** Accounts: open, list, read. */
export function accountRoutes(deps: Deps) {
  return createRouter()
    .openapi(open, async (c) => {
      const headers = c.req.valid('header');
      const wish = c.req.valid('json');
      await checkOwner(c, deps, OPEN, headers, wish.ownerId);
      const command = await execute(c, deps, OPEN, headers, wish);
      const answer = await accountAnswer(c, deps, command);
      if (answer === null) return c.json(commandView(command), 202);
      c.header('Location', `/api/accounts/${command.resourceId}`);
      return c.json(accountView(answer.account, { ...answer, position: null, asOf: answer.occurredAt }), 201);
    })
    .openapi(list, async (c) => c.json(await accountPage(deps, c.get('tenant'), c.req.valid('query')), 200))
    .openapi(get, async (c) => {
      const { id } = c.req.valid('param');
      const key = { tenant: c.get('tenant'), accountId: id, signal: c.req.raw.signal };
      const found = await loadAsked(deps, key, c.req.valid('query'));
      const etag = `"${found.version}"`;
      c.header('ETag', etag);
      if (matches(c.req.valid('header')['If-None-Match'], etag)) return c.body(null, 304);
      return c.json(accountView(found.account, found), 200);
    });
}

function loadAsked(
  deps: Deps,
  key: { tenant: Tenant; accountId: AccountId; signal: AbortSignal },
  { at, version, minVersion }: z.infer<typeof getQuery>,
) {
  if (version !== undefined) return loadAccountAtVersion(deps, key, version);
  if (at !== undefined) return loadAccountAt(deps, key, at);
  return loadAccount(deps, { ...key, minVersion });
}

async function accountPage(deps: Deps, tenant: Tenant, query: z.infer<typeof listQuery>) {
  const { limit, cursor, ...filters } = query;
  const { after, ...filter } =
    cursor === undefined
      ? { ...filters, after: null }
      : keepFilters(decodeCursor('accounts', cursor, listCursor), filters);
  const wanted = {
    ownerId: filter.ownerId ?? null,
    status: filter.status ?? null,
    currency: filter.currency ?? null,
  };
  const rows = await listAccounts(deps.readPool, tenant, wanted, { limit: limit + 1, after });
  const page = cutPage(rows, limit, (last) =>
    encodeCursor('accounts', { ...filter, after: last.account.accountId }),
  );
  return { ...page, items: page.items.map((row) => accountView(row.account, row)) };
}

/** RFC 9110: `*`, or one of the listed tags, weak or strong. */
function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}
