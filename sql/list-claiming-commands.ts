import type { Tenant } from '../domain/ids.ts';
import type { Queryable } from '../platform/postgres.ts';

/** What a list of transfers tells of the commands behind them. */
export type ClaimingCommand = {
  readonly workflowId: string | null;
  readonly createdAt: string;
  readonly finishedAt: string | null;
};

type Row = {
  resource_id: string;
  workflow_id: string | null;
  created_at: string;
  finished_at: string | null;
};

/** The commands that created these transfers, by transfer id. */
export async function listClaimingCommands(
  db: Queryable,
  tenant: Tenant,
  transferIds: readonly string[],
): Promise<Map<string, ClaimingCommand>> {
  const { rows } = await db.query<Row>({
    name: 'list-claiming-commands',
    text: `select claims.resource_id, c.workflow_id, c.created_at, c.finished_at
           from claims join commands c using (tenant, command_id)
           where claims.tenant = $1 and claims.kind = 'transfer' and claims.resource_id = any($2)`,
    values: [tenant, transferIds],
  });
  return new Map(
    rows.map((row) => [
      row.resource_id,
      { workflowId: row.workflow_id, createdAt: row.created_at, finishedAt: row.finished_at },
    ]),
  );
}
