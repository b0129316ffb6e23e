import type { Logger } from 'pino';
import { createPool, isOutage, type Pool } from '../platform/postgres.ts';
import { SetupFailure } from './failure.ts';
import { portsFromEnv } from './ports.ts';
import { createPostgres } from './postgres.ts';

/**
 * Where a command finds the event store and the read tables: `DATABASE_URL` and `READ_DATABASE_URL`, or the local
 * stack's Postgres where they are not set or empty, as for `npm start`. The read tables are in the store's database
 * unless told otherwise.
 * @throws SetupFailure when the port's variable holds anything but a port.
 */
export function databaseUrls(env: NodeJS.ProcessEnv): { readonly url: string; readonly readUrl: string } {
  const local = createPostgres({ dir: '.remit', port: portsFromEnv(env).postgres }).env.DATABASE_URL ?? '';
  // Never an empty address: pg takes that for whatever the PG* variables name.
  const url = env.DATABASE_URL || local;
  return { url, readUrl: env.READ_DATABASE_URL || url };
}

export type Databases = { readonly pool: Pool; readonly readPool: Pool };

/**
 * Does a command's work on the two databases, and closes them.
 * @throws SetupFailure when Postgres is away; else what `work` throws.
 */
export async function withDatabases<T>(
  options: { env: NodeJS.ProcessEnv; name: string; log: Logger; max: number },
  work: (databases: Databases) => Promise<T>,
): Promise<T> {
  const { url, readUrl } = databaseUrls(options.env);
  const pool = createPool({ ...options, url });
  const readPool = createPool({ ...options, url: readUrl });
  try {
    return await work({ pool, readPool });
  } catch (cause) {
    if (!isOutage(cause)) throw cause;
    const mend = 'start Remit, or set DATABASE_URL and READ_DATABASE_URL to where it is';
    throw new SetupFailure(`Postgres cannot be reached, or went away (${messageOf(cause)}): ${mend}.`, {
      cause,
    });
  } finally {
    await Promise.all([pool.end(), readPool.end()]);
  }
}

/** Node wraps the failures of both addresses of a host into one without a message. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
