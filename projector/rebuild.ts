import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../platform/log.ts';
import type { Pool, PoolClient } from '../platform/postgres.ts';
import { speak } from '../sql/leader-lock.ts';
import { holdProjection, shareProjections } from '../sql/read-locks.ts';
import { readLog, readLogHead } from '../sql/read-log.ts';
import {
  beginRebuild,
  deleteOldGenerations,
  failRebuild,
  isOutboxPending,
  type Rebuild,
  readOutboxEnd,
  readRebuild,
  readStanding,
  type Standing,
  saveRebuildPosition,
  swapGenerations,
} from '../sql/rebuild.ts';
import { inSavepoint, inTransaction } from '../sql/transaction.ts';
import { applyDeliveries, NO_PARTITION } from './apply.ts';
import { deliver, describe } from './delivery.ts';
import { LogBehindError } from './follow-store.ts';
import { isolate } from './isolate.ts';
import { lead } from './leader.ts';
import { passes } from './passes.ts';
import { PROJECTION_NAMES } from './projections.ts';
import { type Loop, pause, poll } from './supervise.ts';

/** Events in one transaction, and rows deleted in one. */
const BATCH = 1_000;
const DELETE_BATCH = 5_000;
/** The swap holds readers' fallbacks and consumers up while it walks the rest: it should be a fraction of a second. */
const NEAR_THE_END = 500n;
/** How long the swap waits for the sequencer to move what is committed, before it lets the others go on. */
const OUTBOX_WAIT_MS = 2_000;
const OUTBOX_POLL_MS = 5;
const SWAP_RETRY_MS = 250;
const PACE = { full: 1, busyMs: 250, idleMs: 500 };

export type RebuilderDeps = { readonly pool: Pool; readonly readPool: Pool; readonly log: Logger };
/** Everything is done over the pools; `keepLead` is called meanwhile, because the lead is on another connection. */
type RebuildOptions = RebuilderDeps & { readonly keepLead: () => Promise<void> };
/** A rebuild whose generation is open. */
type Running = Rebuild & { readonly generation: number };

/**
 * Builds a projection anew beside the live one, when asked: a new generation from the log, one swap, the old
 * rows deleted. One leader; each step is saved with its rows, so another goes on where a killed one stopped.
 */
export function createRebuilder(deps: RebuilderDeps): Loop {
  return (signal, beat) =>
    lead(deps.readPool, 'rebuild', signal, beat, async (client, leading) => {
      const keepLead = () => speak(client);
      const options = { ...deps, keepLead };
      for (const name of PROJECTION_NAMES) await sweep(options, name, leading);
      await poll(PACE, leading, beat, async () => {
        await keepLead();
        const rebuild = await readRebuild(options.readPool);
        if (rebuild === undefined) return 0;
        await rebuildOrFail(options, rebuild, leading, beat);
        await sweep(options, rebuild.name, leading);
        return 1;
      });
    });
}

/** Outages are the supervisor's, who comes back; anything else would fail again, and ends the rebuild. */
async function rebuildOrFail(
  options: RebuildOptions,
  rebuild: Rebuild,
  leading: AbortSignal,
  beat: () => void,
) {
  let current = rebuild;
  try {
    const running = await open(options, rebuild, leading);
    if (running === null) return;
    current = running;
    const end = await build(options, running, leading, beat);
    options.log.info({ projection: running.name, generation: running.generation }, ENDS[end]);
  } catch (error) {
    if (leading.aborted || passes(error)) throw error;
    options.log.error({ err: error, projection: rebuild.name }, 'a rebuild failed and is given up');
    const failed = await inTransaction(options.readPool, async (client) => {
      await holdProjection(client, rebuild.name);
      return failRebuild(client, current, describe(error));
    });
    if (!failed) options.log.info({ projection: rebuild.name }, ENDS.gone);
  }
}

const ENDS = {
  live: 'a rebuild is live',
  gone: 'a rebuild goes on or ended elsewhere, and is left alone here',
  open: 'a rebuild is left for the next leader',
} satisfies Record<Standing, string>;

/** Opens a new generation on cleared ground, or goes on with the one that is open. Null: another was first. */
async function open(
  options: RebuildOptions,
  rebuild: Rebuild,
  leading: AbortSignal,
): Promise<Running | null> {
  if (rebuild.generation !== null) return { ...rebuild, generation: rebuild.generation };
  await sweep(options, rebuild.name, leading);
  // A sweep that was told to stop leaves ground that is not clear, and a leader that lost the lead opens nothing.
  leading.throwIfAborted();
  const target = await readLogHead(options.pool);
  const begun = await inTransaction(options.readPool, async (client) => {
    await holdProjection(client, rebuild.name);
    return beginRebuild(client, rebuild, target);
  });
  if (begun === undefined || begun.generation === null) return null;
  options.log.info({ projection: begun.name, generation: begun.generation }, 'a rebuild begins');
  return { ...begun, generation: begun.generation };
}

/**
 * Walks the log until the swap succeeds, or the rebuild turns out not to be open any more. Unbounded only by the
 * log itself; its progress is visible to all.
 */
async function build(
  options: RebuildOptions,
  running: Running,
  leading: AbortSignal,
  beat: () => void,
): Promise<Standing> {
  let position = running.position;
  while (!leading.aborted) {
    const standing = await inTransaction(options.readPool, async (client) => {
      await shareProjections(client, [running.name]);
      const standing = await readStanding(client, running);
      if (standing === 'open') position = await walk(options, client, running, position);
      return standing;
    });
    if (standing !== 'open') return standing;
    beat();
    await options.keepLead();
    if ((await readLogHead(options.pool)) - position > NEAR_THE_END) continue;
    const swapped = await swap(options, running, position);
    if (swapped !== 'open') return swapped;
    await pause(SWAP_RETRY_MS, leading);
  }
  return 'open';
}

/** Applies the next batch of the log to the new generation. Returns the position reached. */
async function walk(
  { pool }: RebuildOptions,
  client: PoolClient,
  { name, generation }: Running,
  from: bigint,
): Promise<bigint> {
  const entries = await readLog(pool, from, BATCH);
  const last = entries.at(-1)?.event.position;
  if (last === undefined) return from;
  const batch = {
    client,
    store: pool,
    targets: [{ projection: name, generation, live: false }],
    building: true,
    partition: NO_PARTITION,
    breathe: async () => {
      await client.query('select 1');
    },
  };
  await isolate(
    entries.map(({ event }) => deliver(event)),
    (part) => inSavepoint(client, () => applyDeliveries(batch, part)),
  );
  await saveRebuildPosition(client, name, last);
  return last;
}

/**
 * While nobody applies or falls back: waits until all that is committed is in the log, walks to its end, and makes
 * the new generation live. So no reader can have seen anything that the new tables lack. Answers `open` where
 * that would take too long; the caller tries again.
 */
async function swap(options: RebuildOptions, running: Running, from: bigint): Promise<Standing> {
  try {
    return await inTransaction(options.readPool, async (client) => {
      await holdProjection(client, running.name);
      const standing = await readStanding(client, running);
      if (standing !== 'open') return standing;
      await outboxMoved(options.pool);
      const end = await readLogHead(options.pool);
      let position = from;
      while (position < end) position = await walk(options, client, running, position);
      return (await swapGenerations(client, running)) ? 'live' : 'gone';
    });
  } catch (error) {
    if (!passes(error)) throw error;
    options.log.warn({ err: error, projection: running.name }, 'a swap waits for a better moment');
    return 'open';
  }
}

/** Waits until the sequencer has moved everything that was committed when this was called. */
async function outboxMoved(pool: Pool): Promise<void> {
  const end = await readOutboxEnd(pool);
  if (end === null) return;
  for (let waitedMs = 0; waitedMs < OUTBOX_WAIT_MS; waitedMs += OUTBOX_POLL_MS) {
    if (!(await isOutboxPending(pool, end))) return;
    await delay(OUTBOX_POLL_MS);
  }
  throw new LogBehindError('committed events are still in the outbox: is a sequencer running?');
}

/** Deletes generations that nobody reads, in batches, so that no transaction is long. */
async function sweep(
  { readPool, keepLead }: RebuildOptions,
  name: Rebuild['name'],
  leading: AbortSignal,
): Promise<void> {
  while (!leading.aborted && (await deleteOldGenerations(readPool, name, DELETE_BATCH)) > 0) await keepLead();
}
