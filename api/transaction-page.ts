import { z } from '@hono/zod-openapi';
import type { AccountId, Tenant } from '../domain/ids.ts';
import { listTransactions } from '../sql/list-transactions.ts';
import { cutPage } from './answers.ts';
import { decodeCursor, encodeCursor, keepFilters } from './border/cursor.ts';
import { minVersionField, pageQuery, timeField } from './border/fields.ts';
import { checkPeriod } from './border/period.ts';
import type { Deps } from './context.ts';
import { loadAccountWithTransactions } from './load-account.ts';
import { transactionView } from './views/transaction.ts';

const period = {
  from: timeField.optional().openapi({ description: 'First instant that counts' }),
  to: timeField.optional().openapi({ description: 'First instant that no longer counts' }),
};

export const transactionQuery = z.object({ ...pageQuery, ...period, minVersion: minVersionField });

const cursorSchema = z.strictObject({
  accountId: z.string(),
  from: timeField.optional(),
  to: timeField.optional(),
  before: z.int().min(1).max(2_147_483_647),
});

/**
 * A page of an account's transactions, newest first.
 * @throws Problem for a missing account, a version that is not there yet, and a period that ends before it begins
 */
export async function transactionPage(
  deps: Deps,
  tenant: Tenant,
  accountId: AccountId,
  query: z.infer<typeof transactionQuery>,
) {
  const { limit, cursor, minVersion, ...dates } = query;
  checkPeriod(dates);
  await loadAccountWithTransactions(deps, { tenant, accountId, minVersion });
  const { before, from, to } =
    cursor === undefined
      ? { ...dates, before: null }
      : keepFilters(decodeCursor('transactions', cursor, cursorSchema), { ...dates, accountId });
  const wanted = { accountId, from: from ?? null, to: to ?? null };
  const rows = await listTransactions(deps.readPool, tenant, wanted, { limit: limit + 1, before });
  const page = cutPage(rows, limit, (last) =>
    encodeCursor('transactions', { accountId, from, to, before: last.version }),
  );
  return { ...page, items: page.items.map(transactionView) };
}
