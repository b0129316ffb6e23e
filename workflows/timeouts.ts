import type { RetryPolicy } from '@temporalio/common';

/** One attempt of any activity (semantics.md: 10 s an attempt). Postgres gives up on a statement before that. */
export const ATTEMPT_TIMEOUT_MS = 10_000;

/**
 * A step first runs as a local activity, inside the workflow task: no round trip through a task queue. It gets
 * this long and this many attempts there, so that a workflow task is never held up by an outage.
 */
export const LOCAL_TIMEOUT_MS = 15_000;
export const LOCAL_RETRY: RetryPolicy = { initialInterval: 100, backoffCoefficient: 2, maximumAttempts: 3 };

/** Then as a regular one: at most 10 s between attempts, so that a step goes on soon after an outage ends. */
export const REGULAR_RETRY: RetryPolicy = {
  initialInterval: 500,
  backoffCoefficient: 2,
  maximumInterval: 10_000,
};

/** One attempt to send an event to a webhook: 10 s for the receiver, the rest for reading and recording. */
export const DELIVERY_TIMEOUT_MS = 30_000;

/** After an outage of ours, or where enough is under way to the same webhook. After the receiver's failures the activity says itself when the next attempt comes. */
export const DELIVERY_RETRY: RetryPolicy = {
  initialInterval: 2_000,
  backoffCoefficient: 2,
  maximumInterval: 60_000,
};

/** A debit or credit still undecided after this is compensated, where the input does not say (semantics.md: 5 min). */
export const SAGA_DEADLINE_MS = 300_000;

/**
 * Between two looks of a standing order's run at a transfer that runs elsewhere; an hour at the longest, so that the
 * history stays small over the months that a person may take.
 */
export const STANDING_TRANSFER_WAIT_MS = { first: 1_000, longest: 3_600_000 };

/** The least time between two looks at a transfer that waits: doubled while nothing has changed. */
export const WAIT_PAUSE_MS = { first: 1_000, longest: 60_000 };

/** A wait is cut into pieces of at most 30 days: what it waits for is looked at again in between. */
export const LONGEST_TIMER_MS = 30 * 24 * 3_600_000;
