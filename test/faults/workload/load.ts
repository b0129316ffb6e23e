import type pg from 'pg';
import type { Chance } from '../../../cli/demo/chance.ts';

/** What concurrent clients do and see while a fault is inflicted. */
export type Load = {
  /** Ids of this run's accounts: eight customers of one currency, the hot one first, and one that is closed. */
  readonly accounts: { readonly hot: string; readonly others: readonly string[]; readonly closed: string };
  /** Numbers of this moment. */
  now(): LoadCounts;
  /** Resolves when so many more requests have been answered (any status), or throws after `timeoutMs`. */
  answered(more: number, timeoutMs: number): Promise<void>;
  /** From now on clients ask these base addresses, in turn. */
  useAddresses(urls: readonly string[]): void;
};

export type LoadCounts = {
  readonly sent: number;
  readonly answered: number;
  /** 2xx final, 202, 4xx refusals, 5xx. */
  readonly final: number;
  readonly pending: number;
  readonly refused: number;
  readonly failed: number;
  /** Requests whose connection broke or timed out: what became of them is unknown. */
  readonly unknown: number;
};

/** What a client asked and saw; kept in memory, bounded by the length of a run. */
export type Observation = {
  readonly client: number;
  readonly key: string | null;
  readonly method: 'POST' | 'GET';
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>> | null;
  /** performance.now() of the campaign, in milliseconds: for real-time order, never for anything else. */
  readonly sentAt: number;
  readonly seenAt: number;
  /** Null: no answer was seen. */
  readonly answer: { readonly status: number; readonly replayed: boolean; readonly text: string } | null;
};

/** One of reliability.md's invariants, looked at. */
export type Verdict = {
  readonly invariant: `I${number}`;
  readonly ok: boolean;
  /** How many things were looked at: zero means that nothing was proved. */
  readonly checked: number;
  /** The first violation, in a sentence. */
  readonly violation: string | null;
};

/** What `createLoad` takes. */
export type LoadOptions = {
  readonly chance: Chance;
  /** Base addresses of the APIs that clients ask. */
  readonly addresses: readonly string[];
  /** Every id and key of this load begins with it, so that runs share a ground. */
  readonly run: string;
};

/** A load of `createLoad`, before, while and after it runs. */
export type RunningLoad = {
  readonly load: Load;
  /** Opens the accounts and pays in what they begin with; throws where that does not succeed within a minute. */
  open(): Promise<void>;
  /** The clients begin to work. */
  begin(): void;
  /** The clients end what they are at (bounded by a request's time-out), and tell what they saw, `open` included. */
  end(): Promise<readonly Observation[]>;
};

/** Looks at I1 and I2 again and again while a load runs. */
export type Sampler = {
  begin(): void;
  end(): Promise<Samples>;
};

export type Samples = {
  /** I1 and I2, over all samples. */
  readonly verdicts: readonly Verdict[];
  readonly taken: number;
  /** Samples that could not be taken, for Postgres was away. */
  readonly skipped: number;
};

/**
 * How Remit gives up what it was asked for: the saga's deadline has passed; an item cannot be processed (an error that
 * is no outage); a refund cannot be made, and an operator must see to it.
 */
export type GivenUp = 'deadline-exceeded' | 'processing-failed' | 'needs_attention';

/** What `judge` takes. Call it once everything is quiet. */
export type Trial = {
  readonly observations: readonly Observation[];
  readonly samples: Samples;
  readonly db: pg.Pool;
  /** Base address of an API that runs. */
  readonly address: string;
  readonly accounts: Load['accounts'];
  /** Milliseconds since 1970, as `Date.now()` says. */
  readonly beganAt: number;
  readonly healedAt: number;
  /** Rows of dead_letters that the fault planted on purpose, about this run's streams or unreadable. */
  readonly plantedLetters: number;
  /** Ways of giving up that the fault may bring; any other is a violation. */
  readonly mayGiveUp: readonly GivenUp[];
  /** Rebuilds every projection from zero and compares the read tables before and after; false by default. */
  readonly rebuild?: boolean;
};
