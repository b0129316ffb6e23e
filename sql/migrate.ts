import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';

/** Any fixed number will do: it only has to be the same for every process that migrates. */
const MIGRATION_LOCK = 7_265_001;

/**
 * Brings a database to the newest schema: the event store, the commands and the read tables.
 * Numbered files that ran are never edited. Processes that start together wait for one another.
 * @throws Error of node-pg-migrate with the name of the file that failed; that file's changes are rolled back.
 */
export async function migrate(databaseUrl: string, readDatabaseUrl: string = databaseUrl): Promise<void> {
  await run(databaseUrl, 'migrations', 'migrations');
  await run(readDatabaseUrl, 'read-migrations', 'read_migrations');
}

async function run(databaseUrl: string, folder: string, migrationsTable: string): Promise<void> {
  await runner({
    databaseUrl,
    dir: fileURLToPath(new URL(folder, import.meta.url)),
    migrationsTable,
    direction: 'up',
    count: Number.POSITIVE_INFINITY,
    singleTransaction: true,
    advisoryLockMode: 'wait',
    lockValue: MIGRATION_LOCK,
    logger: { debug() {}, info() {}, warn: console.warn, error: console.error },
  });
}
