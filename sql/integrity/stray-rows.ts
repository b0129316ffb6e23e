import type { Tenant } from '../../domain/ids.ts';
import type { Queryable } from '../../platform/postgres.ts';

// As in store-rows.ts: one look into the primary key for each, planned anew.

type Place = { readonly streamId: string; readonly version: number };

/** Events that move money, in stored form: each has journal entries, and an account's is a transaction. */
const MONEY_EVENTS = [
  'MoneyDeposited',
  'MoneyWithdrawn',
  'TransferDebited',
  'HoldCaptured',
  'TransferCredited',
  'TransferRefunded',
  'RefundParked',
];

/** Of these places those where no money event stands, as `<streamId>/<version>`. */
export async function findMissingEvents(
  db: Queryable,
  tenant: Tenant,
  places: readonly Place[],
): Promise<Set<string>> {
  const { rows } = await db.query<{ place: string }>({
    text: `select wanted.stream_id || '/' || wanted.version as place
           from unnest($2::text[], $3::int[]) as wanted (stream_id, version)
           where not exists (
             select from events
             where tenant = $1 and stream_id = wanted.stream_id and version = wanted.version and type = any($4)
             offset 0
           )`,
    values: [
      tenant,
      places.map((place) => place.streamId),
      places.map((place) => place.version),
      MONEY_EVENTS,
    ],
  });
  return new Set(rows.map((row) => row.place));
}

/** Of these streams those without a head, as `<streamId>/0`. */
export async function findMissingHeads(
  db: Queryable,
  tenant: Tenant,
  places: readonly Place[],
): Promise<Set<string>> {
  const { rows } = await db.query<{ place: string }>({
    text: `select wanted.stream_id || '/0' as place
           from unnest($2::text[]) as wanted (stream_id)
           where not exists (select from heads where tenant = $1 and stream_id = wanted.stream_id offset 0)`,
    values: [tenant, places.map((place) => place.streamId)],
  });
  return new Set(rows.map((row) => row.place));
}
