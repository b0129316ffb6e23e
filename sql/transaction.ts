import { isOutage, type Pool, type PoolClient } from '../platform/postgres.ts';

/**
 * Runs `work` in one transaction (read committed unless told otherwise) on a client of its own.
 * @throws whatever `work` or Postgres throws; everything is rolled back then.
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
  begin: 'begin' | 'begin isolation level repeatable read read only' = 'begin',
): Promise<T> {
  return onConnection(pool, async (client) => {
    await client.query(begin);
    const result = await work(client);
    await client.query('commit');
    return result;
  });
}

/**
 * Lends `work` a client of its own, for a transaction that it begins and commits by itself.
 * @throws whatever `work` throws; what it did not commit is rolled back then.
 */
export async function onConnection<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    const result = await work(client);
    client.release();
    return result;
  } catch (error) {
    await abandon(client, error);
    throw error;
  }
}

/**
 * Rolls back. A connection that failed, or that cannot even do that, is thrown away, which rolls back as well:
 * asking a dead connection for a rollback would only hang once more.
 */
async function abandon(client: PoolClient, error: unknown): Promise<void> {
  if (isOutage(error)) return client.release(error instanceof Error ? error : true);
  try {
    await client.query('rollback');
    client.release();
  } catch (rollbackError) {
    client.release(rollbackError instanceof Error ? rollbackError : true);
  }
}

/** Runs `work` within a transaction so that, when it throws, only what it did is rolled back. Not to be nested. */
export async function inSavepoint(client: PoolClient, work: () => Promise<unknown>): Promise<void> {
  await client.query('savepoint part');
  try {
    await work();
  } catch (error) {
    await client.query('rollback to savepoint part');
    throw error;
  }
  await client.query('release savepoint part');
}

/**
 * Waits for the answers to statements that were sent together, all of them also where one fails: the connection is
 * not used for anything else before. @throws the first failure, for the later ones only follow from it.
 */
export async function allOf<T extends readonly Promise<unknown>[]>(
  answers: readonly [...T],
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(answers);
  return Promise.all(answers) as Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }>;
}
