import pRetry from 'p-retry';
import type { Tenant } from '../domain/ids.ts';
import { isConflict, type Pool, type PoolClient } from '../platform/postgres.ts';
import { asRecorded, type NewCommand, type Recorded, readCommandByKey } from './commands.ts';
import { allOf, onConnection } from './transaction.ts';

/** Commands of one tenant that are recorded together and run in one workflow; each creates its own resource. */
export type NewGroup = {
  readonly tenant: Tenant;
  readonly groupId: string;
  readonly commands: readonly NewCommand[];
};

/** A transaction that lost against another is tried again this often; then each command is recorded alone. */
const CONFLICT_RETRIES = 3;

/**
 * Records commands and claims their resources, set-based in one transaction and one round trip, and says of each what
 * became of it, in their order. One whose key or resource was there before leaves nothing behind, and keeps no other
 * from being recorded. Two transactions over the same keys wait for each other in the order of the keys.
 * @throws the database's error; nothing is recorded then
 */
export async function recordGroup(pool: Pool, group: NewGroup): Promise<Recorded[]> {
  const { inserted, lost } = await pRetry(() => insertAll(pool, group), {
    retries: CONFLICT_RETRIES,
    minTimeout: 5,
    maxTimeout: 100,
    randomize: true,
    shouldRetry: ({ error }) => isConflict(error),
  });
  return Promise.all(
    group.commands.map(async (command): Promise<Recorded> => {
      const { commandId, resourceKind: kind, resourceId } = command;
      if (lost.has(commandId)) return { kind: 'taken', claim: { kind, resourceId } };
      if (inserted.has(commandId)) return { kind: 'recorded', command: asRecorded(command, 'accepted') };
      const earlier = await readCommandByKey(pool, command);
      if (earlier === undefined) throw new Error(`command ${commandId} was neither inserted nor found`);
      return { kind: 'duplicate', command: earlier };
    }),
  );
}

type Inserted = { readonly inserted: ReadonlySet<string>; readonly lost: ReadonlySet<string> };

function insertAll(pool: Pool, group: NewGroup): Promise<Inserted> {
  return onConnection(pool, async (client) => {
    const [, inserted, , lost] = await allOf([
      client.query('begin'),
      insertCommands(client, group),
      claimResources(client, group),
      removeUnclaimed(client, group),
      insertGroup(client, group),
      client.query('commit'),
    ]);
    return { inserted: new Set(inserted), lost: new Set(lost) };
  });
}

async function insertCommands(client: PoolClient, { tenant, commands }: NewGroup): Promise<string[]> {
  const { rows } = await client.query<{ command_id: string }>({
    name: 'insert-commands',
    text: `insert into commands (tenant, command_id, type, principal, route, idempotency_key, payload_hash, payload,
             resource_kind, resource_id, workflow_id, status, created_at, sweep_after)
           select $1, n.command_id, n.type, n.principal, n.route, n.idempotency_key, decode(n.payload_hash, 'hex'),
             n.payload, n.resource_kind, n.resource_id, n.workflow_id, 'accepted', n.created_at,
             now() + make_interval(secs => n.sweep_after_ms / 1000.0)
           from rows from (
               unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $9::text[], $10::text[],
                 $11::text[], $12::timestamptz[], $13::float8[]),
               jsonb_array_elements($8)
             ) as n (command_id, type, principal, route, idempotency_key, payload_hash, resource_kind, resource_id,
               workflow_id, created_at, sweep_after_ms, payload)
           order by n.principal collate "C", n.route collate "C", n.idempotency_key collate "C"
           on conflict (tenant, principal, route, idempotency_key) where idempotency_key is not null do nothing
           returning command_id`,
    values: [
      tenant,
      commands.map((one) => one.commandId),
      commands.map((one) => one.type),
      commands.map((one) => one.principal),
      commands.map((one) => one.route),
      commands.map((one) => one.idempotencyKey),
      commands.map((one) => one.payloadHash),
      JSON.stringify(commands.map((one) => one.payload)),
      commands.map((one) => one.resourceKind),
      commands.map((one) => one.resourceId),
      commands.map((one) => one.workflowId),
      commands.map((one) => one.createdAt),
      commands.map((one) => one.sweepAfterMs),
    ],
  });
  return rows.map((row) => row.command_id);
}

/** For those whose row is there now: a duplicate claims nothing. */
function claimResources(client: PoolClient, { tenant, commands }: NewGroup): Promise<unknown> {
  return client.query({
    name: 'claim-resources-of-commands',
    text: `insert into claims (tenant, kind, resource_id, command_id)
           select tenant, resource_kind, resource_id, command_id from commands
           where tenant = $1 and command_id = any($2)
           order by resource_kind collate "C", resource_id collate "C"
           on conflict do nothing`,
    values: [tenant, commands.map((one) => one.commandId)],
  });
}

/** Takes those away again whose resource is another's, and returns their ids. */
async function removeUnclaimed(client: PoolClient, { tenant, commands }: NewGroup): Promise<string[]> {
  const { rows } = await client.query<{ command_id: string }>({
    name: 'remove-unclaimed-commands',
    text: `delete from commands c
           where c.tenant = $1 and c.command_id = any($2) and not exists (
             select from claims where tenant = c.tenant and kind = c.resource_kind
               and resource_id = c.resource_id and command_id = c.command_id)
           returning c.command_id`,
    values: [tenant, commands.map((one) => one.commandId)],
  });
  return rows.map((row) => row.command_id);
}

function insertGroup(client: PoolClient, { tenant, groupId, commands }: NewGroup): Promise<unknown> {
  return client.query({
    name: 'insert-transfer-group',
    text: `insert into transfer_groups (tenant, group_id, command_ids, created_at) values ($1, $2, $3, $4)`,
    values: [tenant, groupId, commands.map((one) => one.commandId), commands[0]?.createdAt],
  });
}

/** The ids of the transfers that were recorded in a group. */
export async function readGroupedTransfers(db: Pool, tenant: Tenant, groupId: string): Promise<string[]> {
  const { rows } = await db.query<{ resource_id: string }>({
    name: 'read-grouped-transfers',
    text: `select c.resource_id from transfer_groups g
           join commands c on c.tenant = g.tenant and c.command_id = any(g.command_ids)
           where g.tenant = $1 and g.group_id = $2`,
    values: [tenant, groupId],
  });
  return rows.map((row) => row.resource_id);
}
