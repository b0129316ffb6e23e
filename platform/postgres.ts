import pg from 'pg';
import type { Logger } from 'pino';

export type Pool = pg.Pool;
export type PoolClient = pg.PoolClient;
/** Anything that runs one statement: a pool or one of its clients within a transaction. */
export type Queryable = Pick<pg.Pool, 'query'>;

// bigint columns are positions and minor units: exact values, so never a float. Times keep milliseconds; one that no
// calendar has (`infinity`, in an altered row) stays as Postgres writes it, to be named by what looks for such rows.
pg.types.setTypeParser(pg.types.builtins.INT8, (text) => BigInt(text));
pg.types.setTypeParser(pg.types.builtins.NUMERIC, (text) => text);
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text) => {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? text : time.toISOString();
});

/** A statement of ours is short; one that waits longer than this hangs on a lock or a lost connection. */
const STATEMENT_TIMEOUT_MS = 8_000;
/** Postgres cannot tell us of its time-outs over a dead connection: the client gives up by itself, a little later. */
const QUERY_TIMEOUT_MS = 9_000;
const KEEP_ALIVE_MS = 10_000;
/** Below an activity's startToClose (10 s), so that a stuck transaction frees its locks before the retry. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 8_000;
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * A pool of connections with timeouts on connecting, on statements and on idle transactions.
 * `max` bounds the connections; a caller beyond it waits at most the connect timeout.
 */
export function createPool(options: { url: string; max: number; name: string; log: Logger }): Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max,
    application_name: options.name,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    // Statements that do not wait for each other's answers share a round trip.
    pipeline: true,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  });
  // An idle connection that dies is no caller's error; without a listener it would end the process.
  pool.on('error', (error) => options.log.warn({ err: error }, 'an idle Postgres connection was lost'));
  // Nor may one that dies in use, between two statements: its next statement fails, and that is the caller's.
  pool.on('connect', (client) => {
    client.on('error', (error) => options.log.warn({ err: error }, 'a Postgres connection was lost'));
  });
  return pool;
}

/** serialization_failure, deadlock_detected, unique_violation: the whole transaction may be tried again. */
const CONFLICTS = new Set(['40001', '40P01', '23505']);

/** True where another transaction was in the way and trying the whole transaction again may succeed. */
export function isConflict(error: unknown): boolean {
  return error instanceof pg.DatabaseError && CONFLICTS.has(error.code ?? '');
}

/** True where somebody else held a lock for longer than the transaction would wait. */
export function isLockTimeout(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '55P03';
}

/** Classes 08 connection, 53 resources, 57 operator intervention, 58 system error; 55P03 lock not available. */
const OUTAGE = /^(08|53|57|58|55P03|25P03|25006)/;

/** True where Postgres is away, overloaded or going: an outage that passes, not a wrong statement. */
export function isOutage(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return OUTAGE.test(error.code ?? '');
  if (error instanceof AggregateError) return error.errors.every(isOutage);
  if (!(error instanceof Error)) return false;
  // Errors of the operating system (refused, reset, out of descriptors, …) name the call that failed.
  return 'syscall' in error || CONNECTION_LOST.test(error.message);
}

/** What pg itself says of a connection that is gone, closing, or was not to be had in time. */
const CONNECTION_LOST =
  /connection terminated|connection timeout|trying to connect|encountered a connection error|is not queryable|query read timeout|after calling end/i;
