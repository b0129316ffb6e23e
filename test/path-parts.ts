import { afterAll, beforeAll, inject } from 'vitest';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { installQuietRuntime } from './quiet-runtime.ts';
import type { Parts } from './saga-paths.ts';

/** The real parts for a file that walks paths, on a database of its own; what faults make the SDK say is not told. */
export function usePathParts(): () => Parts {
  let database: TestDatabase;
  beforeAll(async () => {
    installQuietRuntime();
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());
  return () => ({ databaseUrl: database.url, temporalAddress: inject('stack').TEMPORAL_ADDRESS });
}
