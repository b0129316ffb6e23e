import { isCancellation, proxyActivities, proxyLocalActivities, TemporalFailure } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { ATTEMPT_TIMEOUT_MS, LOCAL_RETRY, LOCAL_TIMEOUT_MS, REGULAR_RETRY } from './timeouts.ts';

type Step = keyof Activities;
type Input<Name extends Step> = Parameters<Activities[Name]>[0];
type Output<Name extends Step> = Awaited<ReturnType<Activities[Name]>>;
/** Each activity takes one list and promises one; the names keep input and output together. */
type Run<Name extends Step> = (input: Input<Name>) => Promise<Output<Name>>;

/** An instant of workflow time (milliseconds since 1970) after which a step is not tried any more. */
export type Deadline = { readonly at: number };

export function deadlineIn(ms: number): Deadline {
  return { at: Date.now() + ms };
}

/**
 * Runs one step: as a local activity, and where that does not come to an end (an outage), as a regular activity
 * that Temporal retries until the deadline, or without end where there is none.
 * The activities are made to act once, so that running a step twice does no harm.
 * @throws ActivityFailure when the deadline has passed, CancelledFailure when the workflow is cancelled.
 */
export async function runStep<Name extends Step>(
  name: Name,
  input: Input<Name>,
  summary: string,
  deadline: Deadline | null,
): Promise<Output<Name>> {
  try {
    const timeoutMs = Math.min(LOCAL_TIMEOUT_MS, remainingMs(deadline) ?? LOCAL_TIMEOUT_MS);
    const local = proxyLocalActivities<Activities>({
      startToCloseTimeout: Math.min(ATTEMPT_TIMEOUT_MS, timeoutMs),
      scheduleToCloseTimeout: timeoutMs,
      retry: LOCAL_RETRY,
      summary,
    });
    return await (local[name] as Run<Name>)(input);
  } catch (error) {
    // A local activity fails with its bare cause, not with an ActivityFailure around it.
    if (isCancellation(error) || !(error instanceof TemporalFailure)) throw error;
    return await runRegular(name, input, summary, deadline);
  }
}

function runRegular<Name extends Step>(
  name: Name,
  input: Input<Name>,
  summary: string,
  deadline: Deadline | null,
): Promise<Output<Name>> {
  const timeoutMs = remainingMs(deadline);
  const regular = proxyActivities<Activities>({
    startToCloseTimeout: ATTEMPT_TIMEOUT_MS,
    ...(timeoutMs === null ? {} : { scheduleToCloseTimeout: timeoutMs }),
    retry: REGULAR_RETRY,
    summary,
  });
  return (regular[name] as Run<Name>)(input);
}

/** At least a millisecond: a step whose deadline has passed fails by its time-out, the one way that steps fail. */
function remainingMs(deadline: Deadline | null): number | null {
  return deadline === null ? null : Math.max(1, deadline.at - Date.now());
}
