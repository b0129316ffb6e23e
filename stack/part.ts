import type { Progress } from './progress.ts';

/** What a part adds to the environment of Remit's processes; all of them together are the stack's environment. */
export type StackEnv = {
  DATABASE_URL: string;
  KAFKA_BROKERS: string;
  TEMPORAL_ADDRESS: string;
  TEMPORAL_UI_URL: string;
};

/** One real part of the local stack. Every wait in it is bounded, and `signal` ends waits early. */
export type Part = {
  readonly name: 'postgres' | 'kafka' | 'temporal';
  /** The addresses at which Remit finds the part once it is up. */
  readonly env: Partial<StackEnv>;
  /** Fetches or builds what the part needs into the per-user cache; does nothing when it is there. */
  prepare(progress: Progress, signal: AbortSignal): Promise<void>;
  /** Starts the part on its folder and returns when it can be used. May be called again after it ended. */
  up(progress: Progress, signal: AbortSignal): Promise<void>;
  /** Ends the part, by force after a bounded wait. Does nothing when it is not running. */
  down(): Promise<void>;
  /** Throws unless the part answers now. */
  health(): Promise<void>;
  /** The process that fault tests may signal; undefined when the part is not running. */
  pid(): number | undefined;
  /** Settles when the running process ends, whoever ended it; throws when the part is not running. */
  ended(): Promise<void>;
};
