import type { Pool, PoolClient } from '../platform/postgres.ts';
import { abandon } from './ledger.ts';

/**
 * Runs `work` in one transaction (read committed unless told otherwise) on a client of its own.
 * @throws whatever `work` or Postgres throws; everything is rolled back then.
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
  begin: 'begin' | 'begin isolation level repeatable read read only' = 'begin',
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query(begin);
    const result = await work(client);
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    await abandon(client);
    throw error;
  }
}
