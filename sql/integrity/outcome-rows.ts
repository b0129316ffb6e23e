import type { Tenant } from '../../domain/ids.ts';
import { LEGS } from '../../domain/transfer.ts';
import type { Queryable } from '../../platform/postgres.ts';
import { type OutcomeKey, type OutcomeRow, outcomeName } from '../outcomes.ts';

type Row = {
  readonly subject_id: string;
  readonly leg: OutcomeKey['leg'];
  readonly result: OutcomeRow['result'];
};

/** The results of these transfers' legs, by `outcomeName`. As in store-rows.ts: by the primary key, planned anew. */
export async function findOutcomes(
  db: Queryable,
  tenant: Tenant,
  transferIds: readonly string[],
): Promise<Map<string, OutcomeRow['result']>> {
  const { rows } = await db.query<Row>({
    text: `select o.subject_id, o.leg, o.result
           from unnest($2::text[]) as wanted (subject_id)
           cross join lateral (
             select * from outcomes
             where tenant = $1 and subject_id = wanted.subject_id and leg = any($3) offset 0
           ) as o`,
    values: [tenant, transferIds, LEGS],
  });
  return new Map(
    rows.map(({ subject_id: subjectId, leg, result }) => [outcomeName({ subjectId, leg }), result]),
  );
}
