import type { Rate } from '../domain/exchange.ts';
import type { CommandId, Tenant } from '../domain/ids.ts';
import type { Queryable } from '../platform/postgres.ts';

/** Two different currencies, in the direction of the exchange. */
export type CurrencyPair = { readonly from: string; readonly to: string };

/** How many units of `to` one unit of `from` buys, and since when. */
export type SetRate = CurrencyPair & { readonly rate: Rate; readonly updatedAt: string };

type Row = { from_currency: string; to_currency: string; rate: Rate; updated_at: string };

/** numeric keeps the zeros of its scale: a rate is told without them. */
const COLUMNS = 'from_currency, to_currency, trim_scale(rate) as rate, updated_at';

/** Makes a rate the newest of its pair; concurrent ones follow one another by the row's lock, not by a clock. */
export async function setRate(
  db: Queryable,
  set: SetRate & { tenant: Tenant; commandId: CommandId },
): Promise<void> {
  await db.query({
    name: 'set-rate',
    text: `with newest as (
             insert into rates (tenant, from_currency, to_currency, version, rate, updated_at)
             values ($1, $2, $3, 1, $4, $5)
             on conflict (tenant, from_currency, to_currency)
             do update set version = rates.version + 1, rate = excluded.rate, updated_at = excluded.updated_at
             returning tenant, from_currency, to_currency, version, rate, updated_at)
           insert into rate_history (tenant, from_currency, to_currency, version, rate, updated_at, command_id)
           select tenant, from_currency, to_currency, version, rate, updated_at, $6 from newest`,
    values: [set.tenant, set.from, set.to, set.rate, set.updatedAt, set.commandId],
  });
}

/** The newest rate of a pair, or undefined. */
export async function readRate(
  db: Queryable,
  tenant: Tenant,
  pair: CurrencyPair,
): Promise<SetRate | undefined> {
  const { rows } = await db.query<Row>({
    name: 'read-rate',
    text: `select ${COLUMNS} from rates where tenant = $1 and from_currency = $2 and to_currency = $3`,
    values: [tenant, pair.from, pair.to],
  });
  return rows[0] && toRate(rows[0]);
}

/** The rate of a pair that counted at an instant (ISO 8601), or undefined where none was set by then. */
export async function readRateAt(
  db: Queryable,
  tenant: Tenant,
  pair: CurrencyPair,
  at: string,
): Promise<SetRate | undefined> {
  const { rows } = await db.query<Row>({
    name: 'read-rate-at',
    // The newest by its number, not by a clock: those of two processes may differ.
    text: `select ${COLUMNS} from rate_history
           where tenant = $1 and from_currency = $2 and to_currency = $3 and updated_at <= $4
           order by version desc limit 1`,
    values: [tenant, pair.from, pair.to, at],
  });
  return rows[0] && toRate(rows[0]);
}

/** A page of the newest rates by pair; `after` is the last pair of the page before. */
export async function listRates(
  db: Queryable,
  tenant: Tenant,
  page: { limit: number; after: CurrencyPair | null },
): Promise<SetRate[]> {
  const { rows } = await db.query<Row>({
    name: 'list-rates',
    text: `select ${COLUMNS} from rates
           where tenant = $1 and ($2::text is null or (from_currency, to_currency) > ($2, $3::text))
           order by from_currency, to_currency
           limit $4`,
    values: [tenant, page.after?.from ?? null, page.after?.to ?? null, page.limit],
  });
  return rows.map(toRate);
}

function toRate(row: Row): SetRate {
  return { from: row.from_currency, to: row.to_currency, rate: row.rate, updatedAt: row.updated_at };
}
