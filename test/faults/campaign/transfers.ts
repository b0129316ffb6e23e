import { type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import type pg from 'pg';
import type { TemporalClient } from '../../../platform/temporal.ts';
import { withTemporal } from '../../with-temporal.ts';

/** Transfers of these that have one leg's outcome and not the other's. */
export async function listHalfDone(
  db: pg.Pool,
  ids: readonly string[],
  { done, missing }: { readonly done: string; readonly missing: string },
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select subject_id as id from outcomes o
     where subject_id = any($1) and leg = $2 and result = 'done'
       and not exists (select from outcomes x
         where x.tenant = o.tenant and x.subject_id = o.subject_id and x.leg = $3)`,
    [ids, done, missing],
  );
  return rows.map(({ id }) => id);
}

/** Transfers of these that were compensated before an instant (ms since 1970): a leg made void, or a refund. */
export async function listCompensated(
  db: pg.Pool,
  ids: readonly string[],
  before: number,
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select distinct subject_id as id from outcomes
     where subject_id = any($1) and (result = 'void' or leg = 'refund') and created_at < $2`,
    [ids, new Date(before).toISOString()],
  );
  return rows.map(({ id }) => id);
}

/** The workflows of these transfers. */
export async function workflowsOf(db: pg.Pool, transferIds: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select workflow_id as id from commands
     where resource_kind = 'transfer' and type = 'transfer' and resource_id = any($1)`,
    [transferIds],
  );
  return rows.map(({ id }) => id);
}

/** Transfers of these that one of these workflows runs, alone or in a group. */
export async function listRunBy(
  db: pg.Pool,
  ids: readonly string[],
  workflowIds: readonly string[],
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select resource_id as id from commands where workflow_id = any($1) and resource_id = any($2)`,
    [workflowIds, ids],
  );
  return rows.map(({ id }) => id);
}

/** How many of these workflows Temporal has in this state; null: it knows none under that id. */
export async function countWorkflows(
  address: string,
  ids: readonly string[],
  state: 'RUNNING' | null,
): Promise<number> {
  const found = await describeAll(
    address,
    ids.map((workflowId) => ({ workflowId })),
  );
  return found.filter((one) => (one?.status.name ?? null) === state).length;
}

/** One run of a workflow: one that is started again under its id is another. */
export type WorkflowRun = { readonly workflowId: string; readonly runId: string };

/** The runs of these workflows that Temporal has as running. */
export async function listRunning(client: TemporalClient, ids: readonly string[]): Promise<WorkflowRun[]> {
  const found = await describeEach(
    client,
    ids.map((workflowId) => ({ workflowId })),
  );
  return found.flatMap((one) =>
    one?.status.name === 'RUNNING' ? [{ workflowId: one.workflowId, runId: one.runId }] : [],
  );
}

/** How many of these runs Temporal does not know. */
export async function countForgotten(address: string, runs: readonly WorkflowRun[]): Promise<number> {
  return (await describeAll(address, runs)).filter((one) => one === null).length;
}

/** Transfers that are not final, of which a worker (`<pid>@<host>`) has an activity in hand that Temporal gave it. */
export async function listInHand(db: pg.Pool, client: TemporalClient, identity: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string; workflowId: string }>(
    `select resource_id as id, workflow_id as "workflowId" from commands
     where status = 'accepted' and type = 'transfer'`,
  );
  const found = await describeEach(client, rows);
  const inHand = new Set(
    found.flatMap((one) => (one !== null && hasActivityOn(one, identity) ? [one.workflowId] : [])),
  );
  return rows.flatMap(({ id, workflowId }) => (inHand.has(workflowId) ? [id] : []));
}

/** Temporal's number for an activity that a worker has begun. */
const STARTED = 2;

function hasActivityOn({ raw }: WorkflowExecutionDescription, identity: string): boolean {
  const pending = raw.pendingActivities ?? [];
  return pending.some(
    ({ state, lastWorkerIdentity }) => state === STARTED && lastWorkerIdentity === identity,
  );
}

/** A workflow, or one run of it. */
type Wanted = { readonly workflowId: string; readonly runId?: string };

async function describeAll(address: string, wanted: readonly Wanted[]) {
  return withTemporal(address, (client) => describeEach(client, wanted));
}

function describeEach(client: TemporalClient, wanted: readonly Wanted[]) {
  return Promise.all(wanted.map((one) => describe(client, one)));
}

async function describe(
  client: TemporalClient,
  { workflowId, runId }: Wanted,
): Promise<WorkflowExecutionDescription | null> {
  try {
    return await client.workflow.getHandle(workflowId, runId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}
