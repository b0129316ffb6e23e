import pg from 'pg';

/** True where Postgres refuses a value itself (class 22 or 23): trying again cannot help, another event may pass. */
export function isDataError(error: unknown): boolean {
  return error instanceof pg.DatabaseError && /^2[23]/.test(error.code ?? '');
}
