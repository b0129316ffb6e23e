import { defineSignal } from '@temporalio/workflow';

/** Something that the workflow waits for may have changed in Postgres: look again. Sent once or more often. */
export const nudge = defineSignal('nudge');
