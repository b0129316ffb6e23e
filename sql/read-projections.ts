import type { Queryable } from '../platform/postgres.ts';

export type ProjectionName = 'balances' | 'transactions' | 'transfers' | 'journal';
export type RebuildStatus = 'requested' | 'running' | 'completed' | 'failed';

/** Where a projection stands, as any process can tell it. */
export type ProjectionStatus = {
  readonly name: ProjectionName;
  /** Highest log position up to which every event was applied. */
  readonly position: bigint;
  /** Committed events that are not applied yet, and the age in ms of the oldest of them (0 if there is none). */
  readonly lag: { readonly events: bigint; readonly ms: number };
  readonly ratePerSecond: number;
  readonly rebuild: {
    readonly id: string;
    readonly status: RebuildStatus;
    /** 0 to 1. */
    readonly progress: number;
    readonly error: string | null;
    readonly startedAt: string | null;
    readonly finishedAt: string | null;
  } | null;
};

type Row = {
  name: ProjectionName;
  position: bigint;
  rate_per_second: number;
  position_at: string | null;
  rebuild_id: string | null;
  rebuild_status: RebuildStatus | null;
  rebuild_position: bigint | null;
  rebuild_target: bigint | null;
  rebuild_error: string | null;
  rebuild_started_at: string | null;
  rebuild_finished_at: string | null;
};

type Backlog = { events: bigint; oldest_at: string | null };

/** A rate that was written longer ago than this is over: nothing is written while nothing happens. */
const RATE_FRESH_MS = 5_000;

/**
 * The state of every projection, by name. `now` is the clock for ages.
 * @example (await readProjections(readPool, pool, new Date())).find(({ name }) => name === "balances")?.lag.events
 */
export async function readProjections(
  readDb: Queryable,
  db: Queryable,
  now: Date,
): Promise<ProjectionStatus[]> {
  const { rows } = await readDb.query<Row>({
    name: 'read-projections',
    text: `select name, position, rate_per_second, position_at, rebuild_id, rebuild_status, rebuild_position,
             rebuild_target, rebuild_error, rebuild_started_at, rebuild_finished_at
           from projections order by name`,
  });
  // After the positions: the backlog can then only look too large, never negative.
  const backlogs = new Map<bigint, Backlog>();
  for (const position of new Set(rows.map((row) => row.position)))
    backlogs.set(position, await readBacklog(db, position));
  return rows.map((row) => toStatus(row, backlogs.get(row.position) ?? NO_BACKLOG, now));
}

/** What is committed beyond a position: in the log, and in the outbox on the way to it. */
async function readBacklog(db: Queryable, position: bigint): Promise<Backlog> {
  const { rows } = await db.query<Backlog>({
    name: 'read-backlog',
    text: `select (select position from log_head) - $1 + (select count(*) from outbox) as events,
             coalesce(
               (select e.occurred_at from log l join events e using (tenant, stream_id, version)
                where l.position = $1 + 1),
               (select e.occurred_at from outbox o join events e using (tenant, stream_id, version)
                order by o.id limit 1)) as oldest_at`,
    values: [position],
  });
  return rows[0] ?? NO_BACKLOG;
}

const NO_BACKLOG: Backlog = { events: 0n, oldest_at: null };

function toStatus(row: Row, backlog: Backlog, now: Date): ProjectionStatus {
  const fresh = row.position_at !== null && now.getTime() - Date.parse(row.position_at) < RATE_FRESH_MS;
  return {
    name: row.name,
    position: row.position,
    lag: {
      events: backlog.events < 0n ? 0n : backlog.events,
      ms: backlog.oldest_at === null ? 0 : Math.max(0, now.getTime() - Date.parse(backlog.oldest_at)),
    },
    ratePerSecond: fresh ? row.rate_per_second : 0,
    rebuild: toRebuild(row),
  };
}

function toRebuild(row: Row): ProjectionStatus['rebuild'] {
  if (row.rebuild_status === null || row.rebuild_id === null) return null;
  return {
    id: row.rebuild_id,
    status: row.rebuild_status,
    progress: row.rebuild_status === 'completed' ? 1 : progressOf(row),
    error: row.rebuild_error,
    startedAt: row.rebuild_started_at,
    finishedAt: row.rebuild_finished_at,
  };
}

function progressOf({ rebuild_position: position, rebuild_target: target }: Row): number {
  if (position === null || target === null || target === 0n) return 0;
  return Math.min(1, Number((position * 1000n) / target) / 1000);
}
