import { portsFromEnv } from './ports.ts';
import { createPostgres } from './postgres.ts';

/**
 * Where a command finds the event store and the read tables: `DATABASE_URL` and `READ_DATABASE_URL`, or the local
 * stack's Postgres. The read tables are in the store's database unless told otherwise.
 * @throws SetupFailure when the port's variable holds anything but a port.
 */
export function databaseUrls(env: NodeJS.ProcessEnv): { readonly url: string; readonly readUrl: string } {
  const local = createPostgres({ dir: '.remit', port: portsFromEnv(env).postgres }).env.DATABASE_URL;
  const url = env.DATABASE_URL ?? local ?? '';
  return { url, readUrl: env.READ_DATABASE_URL ?? url };
}
