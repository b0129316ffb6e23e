import { z } from '@hono/zod-openapi';
import type { AccountId, Tenant } from '../domain/ids.ts';
import { formatAmount } from '../domain/money.ts';
import { listSpan, readStatement, type Span, type Statement } from '../sql/statement.ts';
import { cutPage } from './answers.ts';
import { decodeCursor, encodeCursor, keepFilters } from './border/cursor.ts';
import { minVersionField, pageQuery, timeField } from './border/fields.ts';
import { checkPeriod } from './border/period.ts';
import type { Deps } from './context.ts';
import { loadAccountWithTransactions } from './load-account.ts';
import { type StatementHead, statementHeadSchema } from './views/statement.ts';
import { transactionView } from './views/transaction.ts';

export const statementQuery = z.object({
  ...pageQuery,
  from: timeField
    .optional()
    .openapi({ description: "First instant that counts; without it, the account's opening" }),
  to: timeField.optional().openapi({ description: 'First instant that no longer counts; without it, now' }),
  minVersion: minVersionField,
});
export type StatementQuery = z.infer<typeof statementQuery>;

type Key = { readonly tenant: Tenant; readonly accountId: AccountId };

/** A statement without its rows, and which rows these are. */
export type OpenStatement = { readonly currency: string; readonly head: StatementHead; readonly span: Span };

const version = z.int().min(0).max(2_147_483_647);
/** A cursor keeps the head and the last version: later transfers change no page of a statement. */
const cursorSchema = statementHeadSchema.extend({ after: version, upTo: version });

/**
 * A page of an account's statement, rows oldest first.
 * @throws Problem for a missing account, a version that is not there yet, and a period that ends before it begins
 */
export async function statementPage(deps: Deps, key: Key, query: StatementQuery) {
  const { currency, head, span } = await turnTo(deps, key, query);
  const rows = await listSpan(deps.readPool, key, span, query.limit + 1);
  const page = cutPage(rows, query.limit, (last) =>
    encodeCursor('statement', { ...head, ...span, after: last.version }),
  );
  return { ...head, currency, ...page, items: page.items.map(transactionView) };
}

function turnTo(deps: Deps, key: Key, query: StatementQuery): Promise<OpenStatement> {
  return query.cursor === undefined ? openStatement(deps, key, query) : goOn(deps, key, query, query.cursor);
}

async function goOn(deps: Deps, key: Key, query: StatementQuery, cursor: string): Promise<OpenStatement> {
  const { from, to, minVersion } = query;
  const { accountId } = key;
  const kept = keepFilters(decodeCursor('statement', cursor, cursorSchema), { accountId, from, to });
  const { account } = await loadAccountWithTransactions(deps, { ...key, minVersion });
  const { after, upTo, ...head } = kept;
  return { currency: account.currency, head, span: { after, upTo } };
}

/**
 * A statement of what is in the read tables by now, as one snapshot; its rows are read by `listSpan`.
 * @throws Problem like `statementPage`
 */
export async function openStatement(
  deps: Deps,
  key: Key,
  query: Pick<StatementQuery, 'from' | 'to' | 'minVersion'>,
): Promise<OpenStatement> {
  checkPeriod(query);
  const { from = null, to = null, minVersion } = query;
  const { account, createdAt } = await loadAccountWithTransactions(deps, { ...key, minVersion });
  const statement = await readStatement(deps.readPool, key, { from, to });
  const end = to ?? endOf(statement, from ?? createdAt, deps.now());
  const period = { from: from ?? earlier(createdAt, end), to: end };
  const { currency } = account;
  const money = (amountMinor: bigint) => formatAmount(amountMinor, currency);
  const head = {
    accountId: key.accountId,
    ...period,
    openingBalance: money(statement.openingMinor),
    closingBalance: money(statement.closingMinor),
    totalIn: money(statement.totalInMinor),
    totalOut: money(statement.totalOutMinor),
  };
  return { currency, head, span: { after: statement.after, upTo: statement.upTo } };
}

/** Now, or just behind the last row where another machine's clock is ahead: asked again, it is the same period. */
function endOf({ closedAt }: Statement, from: string, now: Date): string {
  const behindLast = closedAt === null ? 0 : Date.parse(closedAt) + 1;
  return new Date(Math.max(now.getTime(), behindLast, Date.parse(from))).toISOString();
}

function earlier(one: string, other: string): string {
  return Date.parse(one) < Date.parse(other) ? one : other;
}
