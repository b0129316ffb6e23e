import type { Tenant } from '../../domain/ids.ts';
import type { Queryable } from '../../platform/postgres.ts';

/** Where the write side and the read side name a tenant, each with what its key begins with. */
const STORE_TABLES = ['events', 'heads', 'outcomes'];
const READ_TABLES = [
  { table: 'balances', projection: 'balances' },
  { table: 'transactions', projection: 'transactions' },
  { table: 'transfers', projection: 'transfers' },
  { table: 'journal_entries', projection: 'journal' },
  { table: 'journal_totals', projection: 'journal' },
];

/** The next tenant after $1 in any of the tables: one look into each one's primary key. */
const NEXT_IN_STORE = least(
  STORE_TABLES.map((table) => `(select tenant from ${table} where tenant > $1 order by tenant limit 1)`),
);
const NEXT_IN_READ_TABLES = least(
  READ_TABLES.map(
    ({ table, projection }) =>
      `(select tenant from ${table}
        where generation = (select live_generation from projections where name = '${projection}') and tenant > $1
        order by generation, tenant limit 1)`,
  ),
);

function least(selects: readonly string[]): string {
  return `select least(${selects.join(', ')}) as tenant`;
}

/** The next tenant that has anything on either side; null after the last one. Both sides have one order of texts. */
export async function findNextTenant(
  { store, read }: { store: Queryable; read: Queryable },
  after: string,
): Promise<Tenant | null> {
  const written = await store.query<{ tenant: Tenant | null }>({ text: NEXT_IN_STORE, values: [after] });
  const shown = await read.query<{ tenant: Tenant | null }>({ text: NEXT_IN_READ_TABLES, values: [after] });
  const found = [...written.rows, ...shown.rows].flatMap(({ tenant }) => tenant ?? []);
  const { rows } = await store.query<{ tenant: Tenant | null }>({
    text: 'select min(tenant) as tenant from unnest($1::text[]) as found (tenant)',
    values: [found],
  });
  return rows[0]?.tenant ?? null;
}
