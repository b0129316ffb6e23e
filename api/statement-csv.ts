import { stringify } from 'csv-stringify/sync';
import type { AccountId, Tenant } from '../domain/ids.ts';
import type { Queryable } from '../platform/postgres.ts';
import { listSpan } from '../sql/statement.ts';
import type { OpenStatement } from './statement.ts';
import { type TransactionView, transactionView } from './views/transaction.ts';

/** Rows in memory at once. */
const PAGE = 500;

const COLUMNS = [
  'date',
  'type',
  'id',
  'transferId',
  'counterpartyId',
  'description',
  'amount',
  'balance',
  'currency',
  'version',
] as const;
/** People's own words: what begins like a formula would run in the spreadsheet of whoever opens the file. */
const FREE_TEXT = new Set<string | number | undefined>(['description'] satisfies (typeof COLUMNS)[number][]);

type Key = { readonly tenant: Tenant; readonly accountId: AccountId };
type Line = Partial<Record<(typeof COLUMNS)[number], string | number | null>>;

/**
 * A statement as CSV (RFC 4180, UTF-8): a header, the opening balance, every row oldest first, the closing balance.
 * Made page by page as it is read, so that memory is bounded. An error on the way breaks the answer off.
 * @example return c.body(statementCsv(readPool, key, statement), 200, { 'content-type': 'text/csv' });
 */
export function statementCsv(
  readPool: Queryable,
  key: Key,
  statement: OpenStatement,
): ReadableStream<Uint8Array> {
  const pieces = csvPieces(readPool, key, statement);
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
}

async function* csvPieces(
  readPool: Queryable,
  key: Key,
  { head, currency, span }: OpenStatement,
): AsyncGenerator<string, undefined> {
  const { from, to, openingBalance, closingBalance } = head;
  yield csvText([{ date: from, type: 'opening_balance', balance: openingBalance, currency }], true);
  // Ends: each page begins after the last row of the one before, and the span ends at a version.
  for (let { after } = span; ; ) {
    const rows = await listSpan(readPool, key, { ...span, after }, PAGE);
    const last = rows.at(-1);
    if (last === undefined) break;
    yield csvText(rows.map((row) => lineOf(transactionView(row))));
    after = last.version;
  }
  yield csvText([{ date: to, type: 'closing_balance', balance: closingBalance, currency }]);
  return undefined;
}

function lineOf(row: TransactionView): Line {
  const { id, type, transferId, counterpartyId, description, amount, currency, version } = row;
  const balance = row.closingBalance;
  return {
    date: row.occurredAt,
    type,
    id,
    transferId,
    counterpartyId,
    description,
    amount,
    balance,
    currency,
    version,
  };
}

/** Lines as CSV. In free text an apostrophe goes before what a spreadsheet would take for a formula. */
export function csvText(lines: readonly Line[], header = false): string {
  return stringify([...lines], {
    header,
    columns: [...COLUMNS],
    record_delimiter: 'windows',
    cast: {
      string: (value, { column }) => (FREE_TEXT.has(column) ? { value, escape_formulas: true } : value),
    },
  });
}
