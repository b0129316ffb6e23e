import type { PoolClient, Queryable } from '../platform/postgres.ts';
import type { LoggedEvent } from '../sql/codec.ts';
import type { Step } from '../sql/projections/step.ts';
import type { ProjectionName } from '../sql/read-projections.ts';
import { type StreamKey, streamName } from '../sql/read-stream.ts';
import type { Target } from '../sql/targets.ts';
import { describe } from './delivery.ts';

/** The next events of one stream: consecutive versions, the first is `after + 1`. Never empty. */
export type Run = { readonly stream: StreamKey; readonly after: number; readonly steps: readonly Step[] };

/** Why a stream cannot go on: this event, for this reason. */
export type Trouble = { readonly event: LoggedEvent; readonly cause: string };

/**
 * How far a run came. `trouble` parks the stream after `version`. `left` means: not applied, and nothing wrong;
 * the rebuild that fills this generation will come to it.
 */
export type Ending = {
  readonly version: number;
  readonly trouble: Trouble | null;
  readonly left: boolean;
};

/** One transaction of the read database in which a projection writes. */
export type Application = {
  readonly client: PoolClient;
  /** The write database, for reading only. */
  readonly store: Queryable;
  readonly target: Target;
  /** True where trouble is healed from the store; false leaves it to the rebuild. */
  readonly heals: boolean;
  /** Whose counters to write: a Kafka partition, or -1 for a heal and a rebuild. */
  readonly partition: number;
  /** Called now and then in long work: keeps Kafka's session and the transaction alive. */
  readonly breathe: () => Promise<void>;
};

/** One read table. `apply` writes the runs of a batch set-based; it may answer for streams that ended otherwise. */
export type Projection = {
  readonly name: ProjectionName;
  readonly follows: (streamId: string) => boolean;
  /** Endings by stream name, of those runs only that did not simply end at their last step. */
  readonly apply: (application: Application, runs: readonly Run[]) => Promise<Map<string, Ending>>;
};

/** A projection whose rows follow from each event alone: none, one or several. */
export function pureProjection<Row>(options: {
  name: ProjectionName;
  follows: (streamId: string) => boolean;
  toRows: (step: Step) => readonly Row[];
  write: (application: Application, rows: readonly Row[]) => Promise<void>;
}): Projection {
  return {
    name: options.name,
    follows: options.follows,
    async apply(application, runs) {
      const endings = new Map<string, Ending>();
      const rows: Row[] = [];
      for (const run of runs) {
        const trouble = collect(run, options.toRows, rows);
        if (trouble === null) continue;
        endings.set(streamName(run.stream), { version: trouble.event.version - 1, trouble, left: false });
      }
      await options.write(application, rows);
      return endings;
    },
  };
}

/** Adds the rows of a run, up to the first event that has none to give although it should. */
function collect<Row>(run: Run, toRows: (step: Step) => readonly Row[], rows: Row[]): Trouble | null {
  for (const step of run.steps) {
    try {
      rows.push(...toRows(step));
    } catch (error) {
      return { event: step.event, cause: describe(error) };
    }
  }
  return null;
}

export const followsAccounts = (streamId: string): boolean => streamId.startsWith('account-');
export const followsEverything = (): boolean => true;
