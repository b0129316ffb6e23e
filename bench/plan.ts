/** How long and how large: a quick run shows that all works, a full one what it comes to. */
export type Plan = {
  readonly mode: 'quick' | 'full';
  /** Each load runs so often, in turn with what it is compared with. */
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
  /** How often a batch of each size is made. */
  readonly batchRuns: number;
  /** Batches of 10,000 that wait for relay and projector. */
  readonly backlogBatches: number;
  /** Events of an account before a command is measured on it. */
  readonly histories: readonly number[];
  /** Commands and reads on each of them. */
  readonly samples: number;
  /** Memory is read once so many transfers were made; 0 reads it after those made so far. */
  readonly transfersForMemory: number;
  readonly idleMs: number;
};

export const QUICK: Plan = {
  mode: 'quick',
  rounds: 1,
  warmUpMs: 2_000,
  windowMs: 4_000,
  batchRuns: 2,
  backlogBatches: 1,
  histories: [10, 10_000, 100_000],
  samples: 50,
  transfersForMemory: 0,
  idleMs: 10_000,
};

export const FULL: Plan = {
  mode: 'full',
  rounds: 3,
  warmUpMs: 3_000,
  windowMs: 15_000,
  batchRuns: 3,
  backlogBatches: 5,
  histories: [10, 10_000, 1_000_000],
  samples: 200,
  transfersForMemory: 100_000,
  idleMs: 30_000,
};
