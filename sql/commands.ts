import type { CommandId, Tenant } from '../domain/ids.ts';
import type { Refusal } from '../domain/refusals.ts';
import type { Pool, Queryable } from '../platform/postgres.ts';
import { abandon } from './ledger.ts';

export type CommandType =
  | 'openAccount'
  | 'deposit'
  | 'withdraw'
  | 'freeze'
  | 'unfreeze'
  | 'close'
  | 'transfer';
export type CommandStatus = 'accepted' | 'completed' | 'refused';

/** What a client asked for, as it is recorded before anything starts. */
export type NewCommand = {
  readonly tenant: Tenant;
  readonly commandId: CommandId;
  readonly type: CommandType;
  readonly principal: string;
  readonly route: string;
  readonly idempotencyKey: string | null;
  /** sha-256 (hex) of the canonical request: the same key with another hash is a reused key. */
  readonly payloadHash: string;
  /** The workflow's input, in wire form. */
  readonly payload: object;
  readonly resourceKind: 'account' | 'transfer';
  readonly resourceId: string;
  /** True for a command that creates its resource: only one command ever may. */
  readonly claimsResource: boolean;
  readonly workflowId: string;
  readonly createdAt: string;
  /** When the sweeper looks first. */
  readonly sweepAfter: string;
};

export type Command = Omit<NewCommand, 'claimsResource' | 'sweepAfter'> & {
  readonly status: CommandStatus;
  readonly refusal: Refusal | null;
  readonly finishedAt: string | null;
};

export type Recorded =
  | { kind: 'recorded'; command: Command }
  /** The same Idempotency-Key was here before; whether it is the same request is the caller's to compare. */
  | { kind: 'duplicate'; command: Command }
  /** Another command created this resource. */
  | { kind: 'taken' };

type Row = {
  tenant: Tenant;
  command_id: CommandId;
  type: CommandType;
  principal: string;
  route: string;
  idempotency_key: string | null;
  payload_hash: Buffer;
  payload: object;
  resource_kind: 'account' | 'transfer';
  resource_id: string;
  workflow_id: string;
  status: CommandStatus;
  refusal: Refusal | null;
  created_at: string;
  finished_at: string | null;
};

/**
 * Records a command and claims its resource, in one transaction. A duplicate key or a taken resource leaves
 * nothing behind. Two at once under one key: the second waits for the first's commit, then reads it.
 */
export async function recordCommand(pool: Pool, command: NewCommand): Promise<Recorded> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const inserted = await insertCommand(client, command);
    if (inserted === undefined) {
      await client.query('rollback');
      const earlier = await readCommandByKey(client, command);
      if (earlier === undefined)
        throw new Error(`command ${command.commandId} was neither inserted nor found`);
      client.release();
      return { kind: 'duplicate', command: earlier };
    }
    if (command.claimsResource && !(await claim(client, command))) {
      await client.query('rollback');
      client.release();
      return { kind: 'taken' };
    }
    await client.query('commit');
    client.release();
    return { kind: 'recorded', command: inserted };
  } catch (error) {
    await abandon(client);
    throw error;
  }
}

async function insertCommand(db: Queryable, command: NewCommand): Promise<Command | undefined> {
  const { rows } = await db.query<Row>({
    name: 'insert-command',
    text: `insert into commands (tenant, command_id, type, principal, route, idempotency_key, payload_hash, payload,
             resource_kind, resource_id, workflow_id, status, created_at, sweep_after)
           values ($1, $2, $3, $4, $5, $6, decode($7, 'hex'), $8, $9, $10, $11, 'accepted', $12, $13)
           on conflict (tenant, principal, route, idempotency_key) where idempotency_key is not null do nothing
           returning *`,
    values: [
      command.tenant,
      command.commandId,
      command.type,
      command.principal,
      command.route,
      command.idempotencyKey,
      command.payloadHash,
      JSON.stringify(command.payload),
      command.resourceKind,
      command.resourceId,
      command.workflowId,
      command.createdAt,
      command.sweepAfter,
    ],
  });
  return rows[0] && toCommand(rows[0]);
}

async function claim(db: Queryable, command: NewCommand): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'claim-resource',
    text: `insert into claims (tenant, kind, resource_id, command_id) values ($1, $2, $3, $4) on conflict do nothing`,
    values: [command.tenant, command.resourceKind, command.resourceId, command.commandId],
  });
  return rowCount === 1;
}

async function readCommandByKey(db: Queryable, key: NewCommand): Promise<Command | undefined> {
  const { rows } = await db.query<Row>({
    name: 'read-command-by-key',
    text: `select * from commands where tenant = $1 and principal = $2 and route = $3 and idempotency_key = $4`,
    values: [key.tenant, key.principal, key.route, key.idempotencyKey],
  });
  return rows[0] && toCommand(rows[0]);
}

/** One command by its id, or undefined. */
export async function readCommand(
  db: Queryable,
  tenant: Tenant,
  commandId: string,
): Promise<Command | undefined> {
  const { rows } = await db.query<Row>({
    name: 'read-command',
    text: `select * from commands where tenant = $1 and command_id = $2`,
    values: [tenant, commandId],
  });
  return rows[0] && toCommand(rows[0]);
}

/** The command that created a resource (an account or a transfer), or undefined. */
export async function readClaimingCommand(
  db: Queryable,
  tenant: Tenant,
  kind: 'account' | 'transfer',
  resourceId: string,
): Promise<Command | undefined> {
  const { rows } = await db.query<Row>({
    name: 'read-claiming-command',
    text: `select c.* from claims join commands c using (tenant, command_id)
           where claims.tenant = $1 and claims.kind = $2 and claims.resource_id = $3`,
    values: [tenant, kind, resourceId],
  });
  return rows[0] && toCommand(rows[0]);
}

/** A page of the command log, newest first; `before` is the last command id of the page before (ids are UUIDv7). */
export async function listCommands(
  db: Queryable,
  tenant: Tenant,
  page: { limit: number; before: string | null },
): Promise<Command[]> {
  const { rows } = await db.query<Row>({
    name: 'list-commands',
    text: `select * from commands where tenant = $1 and ($2::text is null or command_id < $2)
           order by command_id desc limit $3`,
    values: [tenant, page.before, page.limit],
  });
  return rows.map(toCommand);
}

/** First wait of the sweeper for a command, doubled each time up to the longest. */
const SWEEP_BACKOFF_MS = { first: 2_000, longest: 20_000 };

/**
 * Takes commands that are not final and due, and moves their next look on, so that several sweepers share the
 * work and one command that cannot start never starves the others.
 */
export async function takeStragglers(db: Queryable, now: Date, limit: number): Promise<Command[]> {
  const { rows } = await db.query<Row>({
    name: 'take-stragglers',
    text: `update commands
           set sweeps = sweeps + 1,
               sweep_after = $1::timestamptz + make_interval(secs => least($3 * power(2, least(sweeps, 20)), $4) / 1000.0)
           where (tenant, command_id) in (
             select tenant, command_id from commands
             where status = 'accepted' and sweep_after <= $1
             order by sweep_after limit $2
             for update skip locked)
           returning *`,
    values: [now.toISOString(), limit, SWEEP_BACKOFF_MS.first, SWEEP_BACKOFF_MS.longest],
  });
  return rows.map(toCommand);
}

function toCommand(row: Row): Command {
  return {
    tenant: row.tenant,
    commandId: row.command_id,
    type: row.type,
    principal: row.principal,
    route: row.route,
    idempotencyKey: row.idempotency_key,
    payloadHash: row.payload_hash.toString('hex'),
    payload: row.payload,
    resourceKind: row.resource_kind,
    resourceId: row.resource_id,
    workflowId: row.workflow_id,
    status: row.status,
    refusal: row.refusal,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
  };
}
