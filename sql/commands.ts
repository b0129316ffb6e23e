import type { CommandId, Tenant } from '../domain/ids.ts';
import type { Refusal } from '../domain/refusals.ts';
import type { Pool, Queryable } from '../platform/postgres.ts';
import { inTransaction } from './transaction.ts';

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
  /** Milliseconds until the sweeper looks first, by the clock of Postgres: those of processes may differ. */
  readonly sweepAfterMs: number;
};

export type Command = Omit<NewCommand, 'claimsResource' | 'sweepAfterMs'> & {
  readonly status: CommandStatus;
  readonly refusal: Refusal | null;
  readonly finishedAt: string | null;
};

/** Named, never `*`: a prepared `*` breaks on running processes when a later migration adds a column. */
const COLUMNS = `tenant, command_id, type, principal, route, idempotency_key, payload_hash, payload,
  resource_kind, resource_id, workflow_id, status, refusal, created_at, finished_at`;

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

/** Ends the transaction of a command that must leave nothing behind. */
class NotRecorded extends Error {
  readonly why: 'duplicate' | 'taken';
  constructor(why: 'duplicate' | 'taken') {
    super(`not recorded: ${why}`);
    this.why = why;
  }
}

/**
 * Records a command and claims its resource, in one transaction. A duplicate key or a taken resource leaves
 * nothing behind. Two at once under one key: the second waits for the first's commit, then reads it.
 */
export async function recordCommand(pool: Pool, command: NewCommand): Promise<Recorded> {
  try {
    return await inTransaction(pool, async (client) => {
      const inserted = await insertCommand(client, command);
      if (inserted === undefined) throw new NotRecorded('duplicate');
      if (command.claimsResource && !(await claim(client, command))) throw new NotRecorded('taken');
      return { kind: 'recorded', command: inserted };
    });
  } catch (error) {
    if (!(error instanceof NotRecorded)) throw error;
    if (error.why === 'taken') return { kind: 'taken' };
    const earlier = await readCommandByKey(pool, command);
    if (earlier === undefined) throw new Error(`command ${command.commandId} was neither inserted nor found`);
    return { kind: 'duplicate', command: earlier };
  }
}

async function insertCommand(db: Queryable, command: NewCommand): Promise<Command | undefined> {
  const { rows } = await db.query<Row>({
    name: 'insert-command',
    text: `insert into commands (tenant, command_id, type, principal, route, idempotency_key, payload_hash, payload,
             resource_kind, resource_id, workflow_id, status, created_at, sweep_after)
           values ($1, $2, $3, $4, $5, $6, decode($7, 'hex'), $8, $9, $10, $11, 'accepted', $12,
             now() + make_interval(secs => $13 / 1000.0))
           on conflict (tenant, principal, route, idempotency_key) where idempotency_key is not null do nothing
           returning ${COLUMNS}`,
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
      command.sweepAfterMs,
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
    text: `select ${COLUMNS} from commands where tenant = $1 and principal = $2 and route = $3 and idempotency_key = $4`,
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
    text: `select ${COLUMNS} from commands where tenant = $1 and command_id = $2`,
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
    text: `select ${COLUMNS} from commands
           where tenant = $1 and command_id =
             (select command_id from claims where tenant = $1 and kind = $2 and resource_id = $3)`,
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
    text: `select ${COLUMNS} from commands where tenant = $1 and ($2::text is null or command_id < $2)
           order by command_id desc limit $3`,
    values: [tenant, page.before, page.limit],
  });
  return rows.map(toCommand);
}

/** First wait of the sweeper for a command, doubled each time up to the longest. */
const SWEEP_BACKOFF_MS = { first: 2_000, longest: 20_000 };

/**
 * Takes commands that are not final and due, by the clock of Postgres, and moves their next look on, so that several
 * sweepers share the work. The next looks are spread, so that commands taken together do not stay together.
 */
export async function takeStragglers(db: Queryable, limit: number): Promise<Command[]> {
  const { rows } = await db.query<Row>({
    name: 'take-stragglers',
    text: `update commands
           set sweeps = sweeps + 1,
               sweep_after = now() +
                 make_interval(secs => (0.5 + random()) * least($2 * power(2, least(sweeps, 20)), $3) / 1000.0)
           where (tenant, command_id) in (
             select tenant, command_id from commands
             where status = 'accepted' and sweep_after <= now()
             order by sweep_after limit $1
             for update skip locked)
           returning ${COLUMNS}`,
    values: [limit, SWEEP_BACKOFF_MS.first, SWEEP_BACKOFF_MS.longest],
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
