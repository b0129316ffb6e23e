import type { Pool, PoolClient } from '../platform/postgres.ts';
import { readFurthestApplied } from './furthest-applied.ts';
import { tryToLeadOnce } from './leader-lock.ts';
import { readLogHead } from './read-log.ts';
import { inTransaction } from './transaction.ts';
import { readWatermark } from './watermark.ts';

/** Where a rewound store stands. */
export type Rewound = {
  /** The log's last position. */
  readonly head: bigint;
  /** The relay sends the log again from behind this position. */
  readonly sentFrom: bigint;
  /** Commands that were accepted and are not final. */
  readonly unfinished: number;
};

/** Why a store cannot be rewound now; its message says what to do. */
export class RewindRefused extends Error {}

/**
 * Makes a store ready for a Kafka and a Temporal that know nothing of it: one that was restored from a backup, or
 * whose Kafka lost its data. Events that were sent and not applied would never come again, and their streams would
 * stay behind without a sign, so the relay goes back to where every event is applied. What is sent twice is skipped
 * by its version. The reconcilers look at everything at once; the sweeper looks every 20 seconds in any case.
 * @throws RewindRefused while a relay runs, or where the read tables are of a later time than the store.
 */
export async function rewind(pool: Pool, readPool: Pool): Promise<Rewound> {
  const applied = await readWatermark(readPool);
  const furthest = await readFurthestApplied(readPool);
  return inTransaction(pool, async (client) => {
    if (!(await tryToLeadOnce(client, 'relay')))
      throw new RewindRefused('A relay runs on this store: stop every projector, then try again.');
    const head = await readLogHead(client);
    // One partition may lag while the others hold what the store has lost: the watermark alone would not show it.
    if (furthest > head) throw new RewindRefused(ahead(furthest, head));
    const sentFrom = await moveRelayBack(client, applied);
    await lookSoon(client);
    return { head, sentFrom, unfinished: await countUnfinished(client) };
  });
}

function ahead(furthest: bigint, head: bigint): string {
  const fact = `The read tables are at position ${furthest}, beyond the store's last, ${head}`;
  return `${fact}: give READ_DATABASE_URL an empty database, which fills itself.`;
}

async function moveRelayBack(client: PoolClient, position: bigint): Promise<bigint> {
  const { rows } = await client.query<{ position: bigint }>({
    name: 'rewind-relay',
    text: `update relay_cursors set position = least(position, $1) where name = 'kafka' returning position`,
    values: [position],
  });
  return rows[0]?.position ?? 0n;
}

/** What is looked at rarely while all goes well may be missing in Temporal now. */
async function lookSoon(client: PoolClient): Promise<void> {
  await client.query({
    name: 'check-workflows-now',
    text: 'update expected_workflows set check_after = now(), checks = 0',
  });
  await client.query({
    name: 'check-standing-orders-now',
    text: 'update standing_orders set check_after = now() where check_after is not null',
  });
}

async function countUnfinished(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ count: number }>({
    name: 'count-unfinished',
    text: `select count(*)::integer as count from commands where status = 'accepted'`,
  });
  return rows[0]?.count ?? 0;
}
