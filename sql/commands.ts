import type { CommandId, Tenant } from '../domain/ids.ts';
import type { Refusal } from '../domain/refusals.ts';
import type { Pool, PoolClient, Queryable } from '../platform/postgres.ts';
import { allOf, onConnection } from './transaction.ts';

export type CommandType =
  | 'openAccount'
  | 'deposit'
  | 'withdraw'
  | 'freeze'
  | 'unfreeze'
  | 'close'
  | 'setLimits'
  | 'placeHold'
  | 'releaseHold'
  | 'transfer'
  | 'cancel'
  | 'approve'
  | 'decline'
  | 'retry'
  | 'resolve'
  | 'transferBatch'
  | 'cancelBatch'
  | 'createStandingOrder'
  | 'pauseStandingOrder'
  | 'resumeStandingOrder'
  | 'deleteStandingOrder';
/** What is done as it is recorded, in one transaction: no workflow runs for it (record-resource.ts). */
export type DirectCommandType =
  | 'createCustomer'
  | 'erasePersonalData'
  | 'setRate'
  | 'createQuote'
  | 'createWebhook'
  | 'deleteWebhook'
  | 'redeliverWebhook';
/** What a command is about; the kind's ids are of its own. */
export type ResourceKind =
  | 'account'
  | 'transfer'
  | 'hold'
  | 'batch'
  | 'standing-order'
  | 'customer'
  | 'rate'
  | 'quote'
  | 'webhook';
export type CommandStatus = 'accepted' | 'completed' | 'refused';

/** What a client asked for, as it is recorded before anything starts. */
export type NewCommand = {
  readonly tenant: Tenant;
  readonly commandId: CommandId;
  readonly type: CommandType | DirectCommandType;
  readonly principal: string;
  readonly route: string;
  readonly idempotencyKey: string | null;
  /** sha-256 (hex) of the canonical request: the same key with another hash is a reused key. */
  readonly payloadHash: string;
  /** The workflow's input, in wire form. */
  readonly payload: object;
  readonly resourceKind: ResourceKind;
  readonly resourceId: string;
  /** True for a command that creates its resource: only one command ever may. */
  readonly claimsResource: boolean;
  /** Null where no workflow runs for it. */
  readonly workflowId: string | null;
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
  /** Another command has this id. */
  | { kind: 'taken'; claim: Claim };

type Row = {
  tenant: Tenant;
  command_id: CommandId;
  type: CommandType | DirectCommandType;
  principal: string;
  route: string;
  idempotency_key: string | null;
  payload_hash: Buffer;
  payload: object;
  resource_kind: ResourceKind;
  resource_id: string;
  workflow_id: string | null;
  status: CommandStatus;
  refusal: Refusal | null;
  created_at: string;
  finished_at: string | null;
};

/** Ends the transaction of a command that came before under its key: it must leave nothing behind. */
class Duplicate extends Error {}

/** Ends it as well: an id that it wants for itself belongs to another command. */
class Taken extends Error {
  readonly claim: Claim;
  constructor(claim: Claim) {
    super(`${claim.kind} ${claim.resourceId} is taken`);
    this.claim = claim;
  }
}

/** An id of a kind, which only one command ever may claim. `quote-use`: a quote is good for one transfer. */
export type Claim = { readonly kind: ResourceKind | 'quote-use'; readonly resourceId: string };

/**
 * Records a command and claims its resource, in one transaction. A duplicate key or a taken resource leaves
 * nothing behind. Two at once under one key: the second waits for the first's commit, then reads it.
 */
export function recordCommand(
  pool: Pool,
  command: NewCommand,
  work: (client: PoolClient) => Promise<void> = async () => undefined,
): Promise<Recorded> {
  return record(pool, command, 'accepted', work);
}

/** Records a command with the status that it begins with, and does `work` in the same transaction. */
export async function record(
  pool: Pool,
  command: NewCommand,
  status: 'accepted' | 'completed',
  work: (client: PoolClient) => Promise<void>,
): Promise<Recorded> {
  try {
    const { resourceKind: kind, resourceId } = command;
    const claims = command.claimsResource ? [{ kind, resourceId }] : [];
    return await onConnection(pool, async (client) => {
      // Sent together: what a duplicate finds taken is its own first one's.
      const [, isNew, taken] = await allOf([
        client.query('begin'),
        insertCommand(client, command, status),
        claim(client, command, claims),
      ]);
      if (!isNew) throw new Duplicate();
      if (taken !== undefined) throw new Taken(taken);
      await work(client);
      await client.query('commit');
      return { kind: 'recorded', command: asRecorded(command, status) };
    });
  } catch (error) {
    if (error instanceof Taken) return { kind: 'taken', claim: error.claim };
    if (!(error instanceof Duplicate)) throw error;
    const earlier = await readCommandByKey(pool, command);
    if (earlier === undefined) throw new Error(`command ${command.commandId} was neither inserted nor found`);
    return { kind: 'duplicate', command: earlier };
  }
}

async function insertCommand(
  db: Queryable,
  command: NewCommand,
  status: 'accepted' | 'completed',
): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'insert-command',
    text: `insert into commands (tenant, command_id, type, principal, route, idempotency_key, payload_hash, payload,
             resource_kind, resource_id, workflow_id, status, created_at, finished_at, sweep_after)
           values ($1, $2, $3, $4, $5, $6, decode($7, 'hex'), $8, $9, $10, $11, $12, $13, $14,
             now() + make_interval(secs => $15 / 1000.0))
           on conflict (tenant, principal, route, idempotency_key) where idempotency_key is not null do nothing`,
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
      status,
      command.createdAt,
      status === 'completed' ? command.createdAt : null,
      command.sweepAfterMs,
    ],
  });
  return rowCount === 1;
}

/** The command as its row says it from now on. */
export function asRecorded(
  { claimsResource: _claims, sweepAfterMs: _sweep, ...command }: NewCommand,
  status: 'accepted' | 'completed',
): Command {
  return { ...command, status, refusal: null, finishedAt: status === 'completed' ? command.createdAt : null };
}

/**
 * Claims ids for a command, in order, so that two that want the same ones wait for each other and no more.
 * @throws Taken, for `record` to catch, where another command has one of them
 */
export async function claimAll(
  db: Queryable,
  command: Pick<NewCommand, 'tenant' | 'commandId'>,
  claims: readonly Claim[],
): Promise<void> {
  const taken = await claim(db, command, claims);
  if (taken !== undefined) throw new Taken(taken);
}

/** Returns the first that another command has, in the order of their ids; undefined where all are this command's now. */
async function claim(
  db: Queryable,
  { tenant, commandId }: Pick<NewCommand, 'tenant' | 'commandId'>,
  claims: readonly Claim[],
): Promise<Claim | undefined> {
  if (claims.length === 0) return undefined;
  const { rows } = await db.query<Claim>({
    name: 'claim-resources',
    text: `with wanted as (
             select kind, resource_id from unnest($3::text[], $4::text[]) as w (kind, resource_id)
           ), claimed as (
             insert into claims (tenant, kind, resource_id, command_id)
             select $1, kind, resource_id, $2 from wanted
             order by kind collate "C", resource_id collate "C"
             on conflict do nothing
             returning kind, resource_id
           )
           select kind, resource_id as "resourceId" from wanted
           where (kind, resource_id) not in (select kind, resource_id from claimed)
           order by kind collate "C", resource_id collate "C" limit 1`,
    values: [tenant, commandId, claims.map((one) => one.kind), claims.map((one) => one.resourceId)],
  });
  return rows[0];
}

/** The command that came under an Idempotency-Key, or undefined. */
export async function readCommandByKey(
  db: Queryable,
  key: Pick<NewCommand, 'tenant' | 'principal' | 'route' | 'idempotencyKey'>,
): Promise<Command | undefined> {
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

/** The command that created a resource, or used a quote; undefined where none did. */
export async function readClaimingCommand(
  db: Queryable,
  tenant: Tenant,
  kind: Claim['kind'],
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

/** The first commands about a resource, oldest first: the one that created it, and what people asked later. */
export async function listCommandsAbout(
  db: Queryable,
  tenant: Tenant,
  about: { readonly kind: ResourceKind; readonly resourceId: string },
  limit: number,
): Promise<Command[]> {
  const { rows } = await db.query<Row>({
    name: 'list-commands-about',
    text: `select ${COLUMNS} from commands
           where tenant = $1 and resource_kind = $2 and resource_id = $3
           order by command_id limit $4`,
    values: [tenant, about.kind, about.resourceId, limit],
  });
  return rows.map(toCommand);
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

/** A command that goes on at an instant (ISO 8601), in a workflow of its own. */
export type Wait = { readonly commandId: string; readonly until: string; readonly workflowId: string };

/** Moves the sweeper's next look at commands to the instant that each waits for, and each to its own workflow. */
export async function deferSweeps(db: Queryable, tenant: Tenant, waits: readonly Wait[]): Promise<void> {
  await db.query({
    name: 'defer-sweeps',
    text: `update commands c
           set workflow_id = w.workflow_id,
             sweep_after = case when w.until <= now() then w.until else greatest(c.sweep_after, w.until) end
           from unnest($2::text[], $3::timestamptz[], $4::text[]) as w (command_id, until, workflow_id)
           where c.tenant = $1 and c.command_id = w.command_id and c.status = 'accepted'`,
    values: [
      tenant,
      waits.map((one) => one.commandId),
      waits.map((one) => one.until),
      waits.map((one) => one.workflowId),
    ],
  });
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
