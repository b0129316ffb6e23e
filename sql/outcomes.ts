import type { Tenant } from '../domain/ids.ts';
import type { Refusal } from '../domain/refusals.ts';
import type { Leg } from '../domain/transfer.ts';
import type { Queryable } from '../platform/postgres.ts';

/** A leg of a transfer, the end of a hold, or the single decision of any other command. */
export type OutcomeLeg = Leg | 'hold' | 'command';

/** What was decided under a key, for ever: done, refused, or void (a fence against late attempts). */
export type Outcome = {
  readonly result: 'done' | 'refused' | 'void';
  readonly refusal: Refusal | null;
  /** What the answer to the client is made from, in wire form. */
  readonly detail: object | null;
};

export type OutcomeKey = { readonly subjectId: string; readonly leg: OutcomeLeg };

export type OutcomeRow = OutcomeKey & Outcome;

type Row = {
  subject_id: string;
  leg: OutcomeLeg;
  result: Outcome['result'];
  refusal: Outcome['refusal'];
  detail: object | null;
};

/** What was already decided under these keys, by `outcomeName`. */
export async function readOutcomes(
  db: Queryable,
  tenant: Tenant,
  keys: readonly OutcomeKey[],
): Promise<Map<string, Outcome>> {
  if (keys.length === 0) return new Map();
  const { rows } = await db.query<Row>({
    name: 'read-outcomes',
    // No join with the keys: where the planner believes that a tenant has few rows, it would compare them all with
    // each key. A subject whose other legs come along does no harm, for outcomes are asked for by their key.
    text: `select subject_id, leg, result, refusal, detail from outcomes
           where tenant = $1 and subject_id = any($2) and leg = any($3)`,
    values: [
      tenant,
      [...new Set(keys.map((key) => key.subjectId))],
      [...new Set(keys.map((key) => key.leg))],
    ],
  });
  return new Map(
    rows.map((row) => [
      outcomeName({ subjectId: row.subject_id, leg: row.leg }),
      { result: row.result, refusal: row.refusal, detail: row.detail },
    ]),
  );
}

/** The key of an outcome as one string; neither part can contain a slash. */
export function outcomeName(key: OutcomeKey): string {
  return `${key.leg}/${key.subjectId}`;
}
