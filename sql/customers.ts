import type { Tenant } from '../domain/ids.ts';
import type { Queryable } from '../platform/postgres.ts';

/** An owner of accounts. Once erased, what is left is that there was one. */
export type Customer = {
  readonly customerId: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly createdAt: string;
  readonly erasedAt: string | null;
};

type Row = {
  customer_id: string;
  name: string | null;
  email: string | null;
  created_at: string;
  erased_at: string | null;
};

export type NewCustomer = {
  readonly tenant: Tenant;
  readonly customerId: string;
  readonly name: string;
  readonly email: string;
  /** Keys the hash of the request; goes with the personal data. */
  readonly hashKey: Buffer;
  readonly createdAt: string;
};

/** Writes a customer whose id was claimed in the same transaction. */
export async function insertCustomer(db: Queryable, customer: NewCustomer): Promise<void> {
  await db.query({
    name: 'insert-customer',
    text: `with person as (
             insert into personal_data (tenant, customer_id, name, email, hash_key) values ($1, $2, $3, $4, $5))
           insert into customers (tenant, customer_id, created_at) values ($1, $2, $6)`,
    values: [
      customer.tenant,
      customer.customerId,
      customer.name,
      customer.email,
      customer.hashKey,
      customer.createdAt,
    ],
  });
}

/** One customer, or undefined. */
export async function readCustomer(
  db: Queryable,
  tenant: Tenant,
  customerId: string,
): Promise<Customer | undefined> {
  const { rows } = await db.query<Row>({
    name: 'read-customer',
    text: `select customer_id, name, email, created_at, erased_at
           from customers left join personal_data using (tenant, customer_id)
           where tenant = $1 and customer_id = $2`,
    values: [tenant, customerId],
  });
  return rows[0] && toCustomer(rows[0]);
}

/** A page of the customers by id; `after` is the last id of the page before. */
export async function listCustomers(
  db: Queryable,
  tenant: Tenant,
  page: { limit: number; after: string | null },
): Promise<Customer[]> {
  const { rows } = await db.query<Row>({
    name: 'list-customers',
    text: `select customer_id, name, email, created_at, erased_at
           from customers left join personal_data using (tenant, customer_id)
           where tenant = $1 and ($2::text is null or customer_id > $2)
           order by customer_id
           limit $3`,
    values: [tenant, page.after, page.limit],
  });
  return rows.map(toCustomer);
}

/** What keys the hash of a customer's request; undefined once the personal data is erased. */
export async function readHashKey(
  db: Queryable,
  tenant: Tenant,
  customerId: string,
): Promise<Buffer | undefined> {
  const { rows } = await db.query<{ hash_key: Buffer }>({
    name: 'read-hash-key',
    text: 'select hash_key from personal_data where tenant = $1 and customer_id = $2',
    values: [tenant, customerId],
  });
  return rows[0]?.hash_key;
}

/** Deletes a customer's personal data for good. The first erasure counts; a later one changes nothing. */
export async function erasePersonalData(
  db: Queryable,
  erasure: { tenant: Tenant; customerId: string; erasedAt: string },
): Promise<void> {
  await db.query({
    name: 'erase-personal-data',
    text: `with person as (delete from personal_data where tenant = $1 and customer_id = $2)
           update customers set erased_at = $3 where tenant = $1 and customer_id = $2 and erased_at is null`,
    values: [erasure.tenant, erasure.customerId, erasure.erasedAt],
  });
}

function toCustomer(row: Row): Customer {
  return {
    customerId: row.customer_id,
    name: row.name,
    email: row.email,
    createdAt: row.created_at,
    erasedAt: row.erased_at,
  };
}
