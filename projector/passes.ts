import { isConflict, isOutage } from '../platform/postgres.ts';
import { LogBehindError } from './follow-store.ts';

/** True where trying again may help: another was in the way, Postgres was away, or the sequencer is behind. */
export function passes(error: unknown): boolean {
  return isConflict(error) || isOutage(error) || error instanceof LogBehindError;
}
