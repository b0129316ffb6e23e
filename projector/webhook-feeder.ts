import type { Pool } from '../platform/postgres.ts';
import { feedWebhooks } from '../sql/feed-webhooks.ts';
import { lead } from './leader.ts';
import { type Loop, poll } from './supervise.ts';

/** Places of the log in one transaction; each makes as many deliveries as webhooks want its event. */
const BATCH = 200;
const PACE = { full: BATCH, busyMs: 20, idleMs: 200 };

/**
 * Follows the log by its cursor and makes the deliveries of its events: one leader, on the connection that holds its
 * lock, so that a leader that lost the lock cannot make any.
 */
export function createWebhookFeeder({ pool }: { pool: Pool }): Loop {
  return (signal, beat) =>
    lead(pool, 'webhook-feeder', signal, beat, (client, leading) =>
      poll(PACE, leading, beat, () => feedWebhooks(client, BATCH)),
    );
}
