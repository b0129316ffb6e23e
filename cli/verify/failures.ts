import pg from 'pg';
import { isOutage } from '../../platform/postgres.ts';

/** The command line, or what it names, cannot be used: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A checkpoint that proves nothing: a wrong signature, an altered or foreign file. Exit code 1. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
}

/** 1: the proof failed; 2: there was none, for the command line, a file or the database cannot be used. */
export function exitCodeOf(error: unknown): 1 | 2 {
  return error instanceof CheckpointError ? 1 : 2;
}

const UNDEFINED_TABLE = '42P01';

/** What happened and what to do about it, in one sentence. */
export function sentenceOf(error: unknown): string {
  if (error instanceof UsageError || error instanceof CheckpointError) return error.message;
  if (error instanceof pg.DatabaseError && error.code === UNDEFINED_TABLE) {
    return `The database is none of Remit's, or older than this version: ${error.message}.`;
  }
  const why = messageOf(error);
  return isOutage(error)
    ? `Postgres cannot be reached, or went away: ${why}. DATABASE_URL and READ_DATABASE_URL say where it is.`
    : `Verifying failed: ${why}.`;
}

/** Node wraps the failures of both addresses of a host into one without a message. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
