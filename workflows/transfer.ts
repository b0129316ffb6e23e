import { condition, setHandler } from '@temporalio/workflow';
import type { Tenant } from '../domain/ids.ts';
import type { TransferEnd, WireItem } from '../domain/saga.ts';
import { nudge } from './messages.ts';
import { transferSaga } from './saga.ts';
import { LONGEST_TIMER_MS, SAGA_DEADLINE_MS, WAIT_PAUSE_MS } from './timeouts.ts';

export type TransferInput = {
  readonly tenant: Tenant;
  /** How long debit and credit may stay undecided before they are compensated; absent: the default. */
  readonly deadlineMs?: number;
  readonly transfers: readonly WireItem[];
};

/**
 * Moves money between accounts, and gives it back where the destination refuses it. A transfer that waits, for its
 * time or for a person, is looked at again when its time has come or when a nudge tells that something changed:
 * what it waits for stands in Postgres, and the debit decides.
 */
export async function transfer({ tenant, transfers, deadlineMs }: TransferInput): Promise<TransferEnd[]> {
  let nudges = 0;
  let pause = NO_PAUSE;
  setHandler(nudge, () => {
    nudges += 1;
  });
  for (;;) {
    const seen = nudges;
    const ends = await transferSaga(tenant, transfers, deadlineMs ?? SAGA_DEADLINE_MS);
    const untils = ends.flatMap((end) => (end.status === 'waits' ? [Date.parse(end.until)] : []));
    if (untils.length === 0) return ends;
    pause = nextPause(pause, Math.min(...untils));
    const waitMs = Math.min(Math.max(pause.until - Date.now(), pause.ms), LONGEST_TIMER_MS);
    const isNudged = await condition(() => nudges > seen, waitMs);
    if (isNudged) pause = NO_PAUSE;
  }
}

type Pause = { readonly until: number; readonly ms: number };

/** Equal to none: not a number is not even itself. */
const NO_PAUSE: Pause = { until: Number.NaN, ms: 0 };

/**
 * The least time to the next look: a second, and where the last one changed nothing twice as long as then. The clock
 * that timers follow may be ahead of the worker's, which decides whether anything is due.
 */
function nextPause(last: Pause, until: number): Pause {
  const { first, longest } = WAIT_PAUSE_MS;
  return { until, ms: until === last.until ? Math.min(last.ms * 2, longest) : first };
}
