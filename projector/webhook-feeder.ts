import type { Pool } from '../platform/postgres.ts';
import { feedWebhooks, hasUnfed } from '../sql/feed-webhooks.ts';
import type { Bell } from './bell.ts';
import { lead } from './leader.ts';
import { type Loop, poll } from './supervise.ts';

/** Places of the log in one transaction; each makes as many deliveries as webhooks want its event. */
const BATCH = 1_000;
const PACE = { full: BATCH, busyMs: 100, idleMs: 250 };

/**
 * Follows the log by its cursor and makes the deliveries of its events: one leader, on the connection that holds its
 * lock, so that a leader that lost the lock cannot make any.
 */
export function createWebhookFeeder({ pool, grown }: { pool: Pool; grown?: Bell }): Loop {
  return (signal, beat) =>
    lead(pool, 'webhook-feeder', signal, beat, (client, leading) => {
      const feed = async () => ((await hasUnfed(client)) ? feedWebhooks(client, BATCH) : 0);
      return poll(PACE, leading, beat, feed, grown);
    });
}
