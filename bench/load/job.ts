/** What a load generator does, told to its process as one message. */
export type Job = {
  /** How many requests are open at any time: each caller sends its next one when it has its answer. */
  readonly callers: number;
  /** Begins the load without counting. */
  readonly warmUpMs: number;
  readonly windowMs: number;
} & (TransferJob | SampleJob);

export type TransferJob = {
  readonly kind: 'transfers';
  readonly api: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** `final`: until the 201. `visible`: from the 201 until a GET of the destination has it. */
  readonly time: 'final' | 'visible';
};

export type SampleJob = {
  readonly kind: 'samples';
  readonly address: string;
  readonly taskQueue: string;
};

/** What came of it within the window. */
export type LoadResult = {
  readonly done: number;
  /** How often it came to something else than what was wanted, by status or error. */
  readonly failed: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of the generator itself. */
  readonly cpuMs: number;
};

/** What the process tells, in this order. */
export type LoadMessage =
  | { readonly kind: 'begun' }
  | { readonly kind: 'over' }
  | { readonly kind: 'result'; readonly result: LoadResult };
