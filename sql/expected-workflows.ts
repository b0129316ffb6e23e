import type { Tenant } from '../domain/ids.ts';
import type { Queryable } from '../platform/postgres.ts';

/** A workflow that must run until it is taken off: written in the transaction that makes it needed. */
export type ExpectedWorkflow = {
  readonly workflowId: string;
  readonly workflowType: string;
  /** The workflow's one argument, in wire form. */
  readonly input: object;
  /** What Temporal's Web UI says of it. */
  readonly summary: string;
  /** When it has something to do (ISO 8601); null: only when it is told. */
  readonly dueAt: string | null;
};

/** A row that the reconciler has taken to look after. `nudges` is set where the workflow must be told to look again. */
export type WorkflowToCheck = ExpectedWorkflow & {
  readonly tenant: Tenant;
  readonly nudges: number | null;
};

/**
 * Between two looks at a workflow that runs: doubled each time up to the longest, and never long once its time has
 * come: then the money of a hold or a schedule depends on it.
 */
const CHECK_BACKOFF_MS = { first: 5_000, longest: 3_600_000, overdue: 20_000 };

/** A timer fires at its instant; a little later it should be gone. */
const DUE_GRACE_MS = 5_000;

/** Inserts or replaces expected workflows. */
export async function expectWorkflows(
  db: Queryable,
  tenant: Tenant,
  workflows: readonly ExpectedWorkflow[],
): Promise<void> {
  await db.query({
    name: 'expect-workflows',
    text: `insert into expected_workflows (tenant, workflow_id, workflow_type, input, summary, due_at)
           select $1, w.* from unnest($2::text[], $3::text[], $4::jsonb[], $5::text[], $6::timestamptz[]) as w
           on conflict (tenant, workflow_id) do update
             set workflow_type = excluded.workflow_type, input = excluded.input, summary = excluded.summary,
               due_at = excluded.due_at, check_after = now(), checks = 0`,
    values: [
      tenant,
      workflows.map((one) => one.workflowId),
      workflows.map((one) => one.workflowType),
      workflows.map((one) => JSON.stringify(one.input)),
      workflows.map((one) => one.summary),
      workflows.map((one) => one.dueAt),
    ],
  });
}

/** Takes workflows off: they have nothing left to do, and end by themselves. */
export async function forgetWorkflows(
  db: Queryable,
  tenant: Tenant,
  workflowIds: readonly string[],
): Promise<void> {
  await db.query({
    name: 'forget-workflows',
    text: 'delete from expected_workflows where tenant = $1 and workflow_id = any($2)',
    values: [tenant, workflowIds],
  });
}

/**
 * Takes off a workflow that has seen for itself that it has nothing left to do, unless a nudge is still to be sent: an
 * attempt that comes late sees it too, for a workflow that has taken an earlier one's word and waits for that nudge.
 */
export async function forgetToldWorkflow(db: Queryable, tenant: Tenant, workflowId: string): Promise<void> {
  await db.query({
    name: 'forget-told-workflow',
    text: 'delete from expected_workflows where tenant = $1 and workflow_id = $2 and nudged >= nudges',
    values: [tenant, workflowId],
  });
}

/**
 * Takes rows that are due, by the clock of Postgres, and moves their next look on, so that several reconcilers share
 * the work: ever more rarely while it is not their time, and often from then on. Those that were nudged or whose time
 * has come go before a backlog of others.
 */
export async function takeExpectedWorkflows(db: Queryable, limit: number): Promise<WorkflowToCheck[]> {
  const { rows } = await db.query<WorkflowToCheck>({
    name: 'take-expected-workflows',
    text: `update expected_workflows
           set checks = checks + 1,
               check_after = least(
                 now() + make_interval(secs => (0.5 + random()) * least($2 * power(2, least(checks, 20)),
                   case when due_at <= now() then $5::float8 else $3::float8 end) / 1000.0),
                 case when due_at > now() then due_at + make_interval(secs => $4 / 1000.0) else 'infinity' end)
           where (tenant, workflow_id) in (
             select tenant, workflow_id from expected_workflows
             where check_after <= now()
             order by nudges > nudged desc, coalesce(due_at <= now(), false) desc, check_after limit $1
             for update skip locked)
           returning tenant, workflow_id as "workflowId", workflow_type as "workflowType", input, summary,
             due_at as "dueAt", case when nudges > nudged then nudges end as nudges`,
    values: [limit, CHECK_BACKOFF_MS.first, CHECK_BACKOFF_MS.longest, DUE_GRACE_MS, CHECK_BACKOFF_MS.overdue],
  });
  return rows;
}

/** Asks workflows to look again at what they wait for, within the transaction that changed it. */
export async function nudgeWorkflows(
  db: Queryable,
  tenant: Tenant,
  workflowIds: readonly string[],
): Promise<void> {
  await db.query({
    name: 'nudge-workflows',
    text: `update expected_workflows set nudges = nudges + 1, check_after = now(), checks = 0
           where tenant = $1 and workflow_id = any($2)`,
    values: [tenant, workflowIds],
  });
}

/**
 * Remembers that the workflow's signal was sent; a nudge since then is still to be sent. The row may be another's by
 * now: a parked transfer's workflow takes the id of the one that it waited in, and has heard nothing yet.
 */
export async function recordNudge(db: Queryable, workflow: WorkflowToCheck): Promise<void> {
  await db.query({
    name: 'record-nudge',
    text: `update expected_workflows set nudged = greatest(nudged, $3)
           where tenant = $1 and workflow_id = $2 and workflow_type = $4 and nudges >= $3`,
    values: [workflow.tenant, workflow.workflowId, workflow.nudges, workflow.workflowType],
  });
}
