import { v7 as newId } from 'uuid';
import type { PoolClient, Queryable } from '../platform/postgres.ts';
import { appliedName, lockApplied, saveApplied } from '../sql/applied-versions.ts';
import { insertDeadLetters } from '../sql/dead-letters.ts';
import { readHeadVersions, streamName } from '../sql/read-stream.ts';
import type { Target } from '../sql/targets.ts';
import {
  type Cursor,
  changeOf,
  createCursor,
  gapBefore,
  isPending,
  type Letter,
  park,
  settle,
  skipDuplicates,
  takeRun,
} from './cursor.ts';
import { byStream, type Delivery } from './delivery.ts';
import { followStore } from './follow-store.ts';
import type { Application, Projection } from './projection.ts';
import { PROJECTIONS } from './projections.ts';

/** One transaction in which deliveries are applied to some generations. */
export type Batch = {
  readonly client: PoolClient;
  readonly store: Queryable;
  readonly targets: readonly Target[];
  /** True for the rebuild itself: it alone heals a generation that is not live. */
  readonly building: boolean;
  readonly partition: number;
  readonly breathe: () => Promise<void>;
};

/** Counters of a heal, a replay and a rebuild: no Kafka partition has this number. */
export const NO_PARTITION = -1;

/**
 * Applies deliveries to every target: each stream's next versions once, duplicates skipped, gaps healed from the
 * store, a stream with a poison event parked. Rows, applied versions and letters belong to the caller's
 * transaction. Returns how many streams were parked.
 */
export async function applyDeliveries(batch: Batch, deliveries: readonly Delivery[]): Promise<number> {
  const groups = byStream(deliveries);
  const cursors = await openCursors(batch, groups);
  const letters = await applyToTargets(batch, cursors);
  await save(batch, cursors, letters);
  return letters.length;
}

/** Applies all that the store has of one stream, parked or not before. Returns why, where it is parked again. */
export async function healStream(
  batch: Batch,
  target: Target,
  stream: { tenant: string; streamId: string },
): Promise<string | null> {
  const key = { projection: target.projection, generation: target.generation, ...stream };
  const applied = (await lockApplied(batch.client, [key])).get(appliedName(key));
  if (applied === undefined) throw new Error(`${appliedName(key)} was locked and is not there`);
  const cursor = createCursor(target, applied, []);
  cursor.parked = false;
  const heads = await readHeadVersions(batch.store, [stream]);
  const letters = await heal(batch, cursor, heads.get(streamName(stream)) ?? 0);
  await save(batch, [cursor], letters);
  if (!cursor.parked) return null;
  const last = letters.at(-1);
  if (last === undefined) throw new Error(`${appliedName(key)} was parked without a letter`);
  return last.cause;
}

async function openCursors(batch: Batch, groups: ReadonlyMap<string, Delivery[]>): Promise<Cursor[]> {
  const wanted = batch.targets.flatMap((target) =>
    [...groups.values()].flatMap((queue) => {
      const stream = queue[0]?.stream ?? null;
      if (stream === null || !PROJECTIONS[target.projection].follows(stream.streamId)) return [];
      const { projection, generation } = target;
      return { target, queue, key: { projection, generation, ...stream } };
    }),
  );
  const applied = await lockApplied(
    batch.client,
    wanted.map(({ key }) => key),
  );
  return wanted.map(({ target, queue, key }) => {
    const from = applied.get(appliedName(key));
    if (from === undefined) throw new Error(`${appliedName(key)} was locked and is not there`);
    return createCursor(target, from, queue);
  });
}

async function applyToTargets(batch: Batch, cursors: readonly Cursor[]): Promise<Letter[]> {
  const letters: Letter[] = [];
  for (const target of batch.targets) {
    const own = cursors.filter((cursor) => cursor.target === target);
    letters.push(...(await applyToTarget(batch, target, own)));
  }
  return letters;
}

/** Rounds: each takes at least one delivery from every stream that is not done, so it ends. */
async function applyToTarget(batch: Batch, target: Target, cursors: readonly Cursor[]): Promise<Letter[]> {
  const letters: Letter[] = [];
  for (;;) {
    for (const cursor of cursors) letters.push(...(await prepare(batch, cursor)));
    const pending = cursors.filter(isPending);
    if (pending.length === 0) return letters;
    letters.push(...(await applyRuns(batch, target, pending, batch.partition)));
  }
}

/** Brings a stream to where its next delivery can be applied: past duplicates, over a gap. */
async function prepare(batch: Batch, cursor: Cursor): Promise<Letter[]> {
  if (!isPending(cursor)) return [];
  skipDuplicates(cursor);
  const gap = gapBefore(cursor);
  if (gap === null) return [];
  if (!heals(batch, cursor.target)) {
    cursor.queue = [];
    return [];
  }
  const { tenant, streamId } = cursor.from;
  const heads = await readHeadVersions(batch.store, [{ tenant, streamId }]);
  const head = heads.get(streamName({ tenant, streamId })) ?? 0;
  const letters = await heal(batch, cursor, Math.min(gap.upTo, head));
  skipDuplicates(cursor);
  if (cursor.parked || gapBefore(cursor) === null) return letters;
  const cause = `versions ${cursor.version + 1} to ${gap.upTo} are neither in Kafka nor in the store`;
  return [...letters, park(cursor, { event: gap.event, cause })];
}

/** Applies a stream from the store up to a version that is committed. */
async function heal(batch: Batch, cursor: Cursor, upTo: number): Promise<Letter[]> {
  const letters: Letter[] = [];
  const { tenant, streamId } = cursor.from;
  const later = cursor.queue;
  await followStore(batch, { tenant, streamId }, { after: cursor.version, upTo }, async (deliveries) => {
    cursor.queue = [...deliveries];
    letters.push(...(await applyRuns(batch, cursor.target, [cursor], NO_PARTITION)));
    return !cursor.parked && cursor.version >= (deliveries.at(-1)?.event.version ?? 0);
  });
  cursor.queue = later;
  return letters;
}

/** One set-based step: the next run of each stream, written together. */
async function applyRuns(
  batch: Batch,
  target: Target,
  cursors: readonly Cursor[],
  partition: number,
): Promise<Letter[]> {
  const { client, store, breathe } = batch;
  const application: Application = { client, store, target, heals: heals(batch, target), partition, breathe };
  const taken = cursors.map((cursor) => ({ cursor, ...takeRun(cursor) }));
  const runs = taken.map(({ run }) => run).filter((run) => run.steps.length > 0);
  const endings = runs.length === 0 ? new Map() : await projectionOf(target).apply(application, runs);
  return taken.flatMap(({ cursor, run, stop }) => {
    const usual = { version: run.after + run.steps.length, trouble: null, left: false };
    return settle(cursor, endings.get(streamName(run.stream)) ?? usual, stop) ?? [];
  });
}

function projectionOf(target: Target): Projection {
  return PROJECTIONS[target.projection];
}

function heals(batch: Batch, target: Target): boolean {
  return target.live || batch.building;
}

async function save({ client }: Batch, cursors: readonly Cursor[], letters: readonly Letter[]) {
  await saveApplied(
    client,
    cursors.flatMap((cursor) => changeOf(cursor) ?? []),
  );
  await insertDeadLetters(
    client,
    letters.map((letter) => ({ ...letter, id: newId() })),
  );
}
