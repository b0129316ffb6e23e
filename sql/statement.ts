import type { AccountId, Tenant } from '../domain/ids.ts';
import { accountStream } from '../domain/ids.ts';
import type { Pool, Queryable } from '../platform/postgres.ts';
import { COLUMNS, type ReadTransaction, type Row, toTransaction } from './list-transactions.ts';
import { inTransaction } from './transaction.ts';

/** ISO 8601: the first instant that counts, and the first that no longer does. Null: from the opening, until now. */
export type Period = { readonly from: string | null; readonly to: string | null };

/** The rows of a statement: those after one version up to another. They never change any more. */
export type Span = { readonly after: number; readonly upTo: number };

/** What stands above a statement's rows: opening balance + total in - total out = closing balance. */
export type Statement = Span & {
  readonly openingMinor: bigint;
  readonly closingMinor: bigint;
  readonly totalInMinor: bigint;
  readonly totalOutMinor: bigint;
  /** When the last row up to the closing was decided; null where there is none. */
  readonly closedAt: string | null;
};

type Key = { readonly tenant: Tenant; readonly accountId: AccountId };
type Bound = { readonly version: number; readonly balanceMinor: bigint; readonly occurredAt: string | null };

/** Rows looked through by version before the index by time is asked. */
const WINDOW = 1_000;

/** Live rows of one account up to a version. */
const UP_TO = `generation = (select live_generation from projections where name = 'transactions')
  and tenant = $1 and account_id = $2 and version <= $3`;

/**
 * An account's statement over a period, of what is applied by now, in one snapshot. Order is the stream's version,
 * and a clock may step back: so the period is the versions after the last one before `from`, up to the last one
 * before `to`. Statements of adjoining periods therefore share no row and miss none, each one's closing balance is
 * the next one's opening balance, and the sum of the rows always lies between them.
 */
export function readStatement(readPool: Pool, key: Key, period: Period): Promise<Statement> {
  return inTransaction(
    readPool,
    async (snapshot) => {
      const applied = await readAppliedVersion(snapshot, key);
      const closing = await readBound(snapshot, key, applied, period.to);
      const opening =
        period.from === null ? NOTHING : await readBound(snapshot, key, closing.version, period.from);
      const totals = await readTotals(snapshot, key, { after: opening.version, upTo: closing.version });
      return {
        after: opening.version,
        upTo: closing.version,
        openingMinor: opening.balanceMinor,
        closingMinor: closing.balanceMinor,
        closedAt: closing.occurredAt,
        ...totals,
      };
    },
    'begin isolation level repeatable read read only',
  );
}

/** A page of an account's transactions in a span, oldest first. */
export async function listSpan(
  db: Queryable,
  key: Key,
  span: Span,
  limit: number,
): Promise<ReadTransaction[]> {
  const { rows } = await db.query<Row>({
    name: 'list-span',
    text: `select ${COLUMNS} from transactions where ${UP_TO} and version > $4 order by version limit $5`,
    values: [key.tenant, key.accountId, span.upTo, span.after, limit],
  });
  return rows.map(toTransaction);
}

/** The version up to which an account's transactions are all there: streams are applied in order. */
export async function readAppliedVersion(db: Queryable, { tenant, accountId }: Key): Promise<number> {
  const { rows } = await db.query<{ version: number }>({
    name: 'read-applied-version-of-transactions',
    text: `select a.version from projections p
           join applied_versions a on a.projection = p.name and a.generation = p.live_generation
           where p.name = 'transactions' and a.tenant = $1 and a.stream_id = $2`,
    values: [tenant, accountStream(accountId)],
  });
  return rows[0]?.version ?? 0;
}

const NOTHING: Bound = { version: 0, balanceMinor: 0n, occurredAt: null };

/**
 * The last row up to a version that lies before an instant (null: whatever its time). Either it is among the last
 * rows by version, or the index by time finds it: coalesce asks the second only then.
 */
async function readBound(db: Queryable, key: Key, upTo: number, before: string | null): Promise<Bound> {
  const { rows } = await db.query<{ version: number; balance_minor: bigint; occurred_at: string }>({
    name: 'read-statement-bound',
    text: `select version, closing_balance_minor as balance_minor, occurred_at
           from transactions
           where ${UP_TO} and version = coalesce(
             (select max(version)
              from (select version, occurred_at from transactions where ${UP_TO}
                    order by version desc limit $5) as last
              where occurred_at < $4::timestamptz),
             (select max(version)
              from (select version from transactions where ${UP_TO} and occurred_at < $4::timestamptz
                    offset 0) as earlier))`,
    values: [key.tenant, key.accountId, upTo, before ?? 'infinity', WINDOW],
  });
  const row = rows[0];
  if (row === undefined) return NOTHING;
  return { version: row.version, balanceMinor: row.balance_minor, occurredAt: row.occurred_at };
}

async function readTotals(db: Queryable, key: Key, span: Span) {
  const { rows } = await db.query<{ total_in: string; total_out: string }>({
    name: 'read-statement-totals',
    text: `select coalesce(sum(amount_minor) filter (where amount_minor > 0), 0) as total_in,
             coalesce(-sum(amount_minor) filter (where amount_minor < 0), 0) as total_out
           from transactions where ${UP_TO} and version > $4`,
    values: [key.tenant, key.accountId, span.upTo, span.after],
  });
  return { totalInMinor: BigInt(rows[0]?.total_in ?? 0), totalOutMinor: BigInt(rows[0]?.total_out ?? 0) };
}
