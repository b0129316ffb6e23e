import { createRoute, z } from '@hono/zod-openapi';
import type { Tenant } from '../../domain/ids.ts';
import { formatAmount } from '../../domain/money.ts';
import { readCurrencyTotals } from '../../sql/currency-totals.ts';
import { listAccounts } from '../../sql/list-accounts.ts';
import { inTransaction } from '../../sql/transaction.ts';
import { cutPage, json, pageOf, problems, READ_PROBLEMS } from '../answers.ts';
import { decodeCursor, encodeCursor, keepFilters } from '../border/cursor.ts';
import {
  accountIdField,
  amountAnswer,
  currencyField,
  idField,
  pageQuery,
  positionField,
} from '../border/fields.ts';
import { createRouter, type Deps } from '../context.ts';
import { loadTrialBalance } from '../load-trial-balance.ts';
import { transactionPage, transactionQuery } from '../transaction-page.ts';
import { accountSchema, accountView } from '../views/account.ts';
import { transactionSchema } from '../views/transaction.ts';
import { trialBalanceSchema, trialBalanceView } from '../views/trial-balance.ts';

const totalSchema = z.strictObject({
  currency: z.string().openapi({ example: 'EUR' }),
  accounts: z.int().openapi({ description: 'How many' }),
  balance: amountAnswer,
  held: amountAnswer,
});

const balancesSchema = pageOf(accountSchema).extend({
  totals: z.array(totalSchema).openapi({
    description:
      'Over all accounts (of the currency asked for), not this page; of the same instant as this page',
  }),
});

const balancesQuery = z.object({ ...pageQuery, currency: currencyField.optional() });
const balancesCursor = z.strictObject({ currency: currencyField.optional(), after: idField });

const balances = createRoute({
  method: 'get',
  path: '/api/reports/balances',
  tags: ['reports'],
  summary: "Every account's balance, with totals per currency",
  request: { query: balancesQuery },
  responses: { 200: json('A page of balances', balancesSchema), ...problems(400, 422, 503) },
});

const transactions = createRoute({
  method: 'get',
  path: '/api/reports/transactions/{accountId}',
  tags: ['reports'],
  summary: "An account's transactions with running balance, newest first",
  request: { params: z.object({ accountId: accountIdField }), query: transactionQuery },
  responses: {
    200: json('A page of transactions', pageOf(transactionSchema)),
    ...problems(...READ_PROBLEMS, 409, 422),
  },
});

const trialBalance = createRoute({
  method: 'get',
  path: '/api/reports/trial-balance',
  tags: ['reports'],
  summary: "Debits and credits of every account, system accounts included; each currency's sum is 0",
  request: {
    query: z.object({
      position: positionField.optional().openapi({
        description: 'As it was at this place in the global order; without it, as far as it is complete',
      }),
    }),
  },
  responses: { 200: json('At one position', trialBalanceSchema), ...problems(400, 409, 503) },
});

/** Reports from the read tables. */
export function reportRoutes(deps: Deps) {
  return createRouter()
    .openapi(balances, async (c) =>
      c.json(await balancesPage(deps, c.get('tenant'), c.req.valid('query')), 200),
    )
    .openapi(transactions, async (c) => {
      const { accountId } = c.req.valid('param');
      return c.json(await transactionPage(deps, c.get('tenant'), accountId, c.req.valid('query')), 200);
    })
    .openapi(trialBalance, async (c) => {
      const { position } = c.req.valid('query');
      return c.json(trialBalanceView(await loadTrialBalance(deps, c.get('tenant'), position)), 200);
    });
}

async function balancesPage(deps: Deps, tenant: Tenant, query: z.infer<typeof balancesQuery>) {
  const { limit, cursor, ...filters } = query;
  const { after, currency } =
    cursor === undefined
      ? { ...filters, after: null }
      : keepFilters(decodeCursor('balances', cursor, balancesCursor), filters);
  const wanted = { ownerId: null, status: null, currency: currency ?? null };
  const { rows, totals } = await inTransaction(
    deps.readPool,
    async (snapshot) => ({
      rows: await listAccounts(snapshot, tenant, wanted, { limit: limit + 1, after }),
      totals: await readCurrencyTotals(snapshot, tenant, wanted.currency),
    }),
    'begin isolation level repeatable read read only',
  );
  const page = cutPage(rows, limit, (last) =>
    encodeCursor('balances', { currency, after: last.account.accountId }),
  );
  return {
    ...page,
    items: page.items.map((row) => accountView(row.account, row)),
    totals: totals.map((total) => ({
      currency: total.currency,
      accounts: total.accounts,
      balance: formatAmount(total.balanceMinor, total.currency),
      held: formatAmount(total.heldMinor, total.currency),
    })),
  };
}
