import type pg from 'pg';

/** Transfers that were taken back: because of the fault, and because the load asked for what cannot be. */
export type Compensations = { readonly caused: number; readonly asked: number };

/** Refusals that say that time or means ran out, not that somebody said no. */
const CAUSED_BY_FAULTS = ['deadline-exceeded', 'processing-failed'];

/** The log's last position: what a run appends comes after it. */
export async function logPosition(db: pg.Pool): Promise<string> {
  const { rows } = await db.query<{ position: string }>('select position::text from log_head');
  return rows[0]!.position;
}

/** Counts the refunds, parked refunds and cancellations in the log after a position. */
export async function countCompensations(db: pg.Pool, after: string): Promise<Compensations> {
  const { rows } = await db.query<{ caused: number; asked: number }>(
    `select count(*) filter (where e.data -> 'refusal' ->> 'code' = any($2))::int as caused,
       count(*) filter (where not e.data -> 'refusal' ->> 'code' = any($2))::int as asked
     from log l join events e using (tenant, stream_id, version)
     where l.position > $1 and e.type in ('TransferRefunded', 'RefundParked', 'TransferCancelled')`,
    [after, CAUSED_BY_FAULTS],
  );
  return rows[0]!;
}
