import type { Rate } from '../domain/exchange.ts';
import type { Tenant } from '../domain/ids.ts';
import type { Queryable } from '../platform/postgres.ts';

/** A rate promised for an amount until it expires. Amounts in minor units of their currency. */
export type Quote = {
  readonly quoteId: string;
  readonly from: string;
  readonly to: string;
  readonly rate: Rate;
  readonly fromMinor: bigint;
  readonly toMinor: bigint;
  readonly createdAt: string;
  readonly expiresAt: string;
};

type Row = {
  quote_id: string;
  from_currency: string;
  to_currency: string;
  rate: Rate;
  from_minor: bigint;
  to_minor: bigint;
  created_at: string;
  expires_at: string;
};

/** Writes a quote whose id was claimed in the same transaction; it is never changed. */
export async function insertQuote(db: Queryable, tenant: Tenant, quote: Quote): Promise<void> {
  await db.query({
    name: 'insert-quote',
    text: `insert into quotes (tenant, quote_id, from_currency, to_currency, rate, from_minor, to_minor, created_at,
             expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    values: [
      tenant,
      quote.quoteId,
      quote.from,
      quote.to,
      quote.rate,
      quote.fromMinor,
      quote.toMinor,
      quote.createdAt,
      quote.expiresAt,
    ],
  });
}

/** One quote, expired or not, or undefined. */
export async function readQuote(db: Queryable, tenant: Tenant, quoteId: string): Promise<Quote | undefined> {
  const { rows } = await db.query<Row>({
    name: 'read-quote',
    text: `select quote_id, from_currency, to_currency, trim_scale(rate) as rate, from_minor, to_minor, created_at,
             expires_at
           from quotes where tenant = $1 and quote_id = $2`,
    values: [tenant, quoteId],
  });
  return rows[0] && toQuote(rows[0]);
}

function toQuote(row: Row): Quote {
  return {
    quoteId: row.quote_id,
    from: row.from_currency,
    to: row.to_currency,
    rate: row.rate,
    fromMinor: row.from_minor,
    toMinor: row.to_minor,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
