import type { Tenant } from '../domain/ids.ts';
import type { Queryable } from '../platform/postgres.ts';
import type { LoggedEvent } from './codec.ts';
import { EVENT_OF_PLACE, LOG_COLUMNS, type LogRow, toLoggedEvent } from './read-log.ts';

/** Which events a follower wants; null is all. */
export type EventFilter = {
  /** The account's own stream, and of transfers' streams what concerns a transfer from or to it. */
  readonly accountId: string | null;
  readonly types: readonly string[] | null;
};

/** What a look at the log found: the wanted events, and how far it looked; null where nothing is behind. */
export type FollowedPage = { readonly events: readonly LoggedEvent[]; readonly through: bigint | null };

type Row = { through: bigint | null } & (LogRow | { position: null });

/**
 * Looks at the next `limit` places of the log after a position, whosever they are, and answers with a tenant's
 * wanted events among them. `through` is the next position to ask after: also where nothing was wanted, so that a
 * filter that fits rarely never makes a follower look at the same places again.
 */
export async function followEvents(
  db: Queryable,
  tenant: Tenant,
  page: { after: bigint; limit: number },
  filter: EventFilter,
): Promise<FollowedPage> {
  const { rows } = await db.query<Row>({
    // Without a name, see read-log.ts.
    text: `with page as materialized (
             select * from log where position > $1 order by position limit $2
           )
           select looked.through, ${LOG_COLUMNS}
           from (select max(position) as through from page) as looked
           left join (page l ${EVENT_OF_PLACE})
             on l.tenant = $3
               and ($4::text[] is null or e.type = any($4))
               and ($5::text is null or e.stream_id = 'account-' || $5
                 or (e.stream_id like 'transfer-%' and $5 in (e.data ->> 'from', e.data ->> 'to')))
           order by l.position`,
    values: [page.after, page.limit, tenant, filter.types, filter.accountId],
  });
  return {
    events: rows.flatMap((row) => (row.position === null ? [] : [toLoggedEvent(row)])),
    through: rows[0]?.through ?? null,
  };
}
