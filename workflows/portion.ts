import type { Deadline } from './steps.ts';

/**
 * What one run of the saga moves: a list of transfers, or a range of a batch's rows. All of it is registered for
 * compensation from the start, and taken off only when it is known to have ended.
 */
export type Portion = {
  /** Returns whether anything was debited and wants its credit. */
  debit(deadline: Deadline): Promise<boolean>;
  credit(deadline: Deadline): Promise<void>;
  /** Whether anything is registered that is not known to have ended. */
  isOpen(): boolean;
  /** The workflow was cancelled: what is open tells that as its reason. */
  withdraw(): void;
  /** Compensates what is open. A refund retries without limit: no deadline. */
  compensate(): Promise<void>;
};
