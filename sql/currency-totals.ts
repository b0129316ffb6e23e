import type { Tenant } from '../domain/ids.ts';
import type { Queryable } from '../platform/postgres.ts';

export type CurrencyTotal = {
  readonly currency: string;
  readonly accounts: number;
  /** A sum over accounts may pass what one balance may be. */
  readonly balanceMinor: bigint;
  readonly heldMinor: bigint;
};

type Row = { currency: string; accounts: bigint; balance: string; held: string };

/** What all accounts of a tenant hold together, per currency; `currency` null takes every one. */
export async function readCurrencyTotals(
  db: Queryable,
  tenant: Tenant,
  currency: string | null,
): Promise<CurrencyTotal[]> {
  const { rows } = await db.query<Row>({
    name: 'currency-totals',
    text: `select currency, count(*) as accounts, sum(balance_minor) as balance, sum(held_minor) as held
           from balances
           where generation = (select live_generation from projections where name = 'balances') and tenant = $1
             and ($2::text is null or currency = $2)
           group by currency order by currency`,
    values: [tenant, currency],
  });
  return rows.map((row) => ({
    currency: row.currency,
    accounts: Number(row.accounts),
    balanceMinor: BigInt(row.balance),
    heldMinor: BigInt(row.held),
  }));
}
