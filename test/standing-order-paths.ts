import type { WorkflowHandle } from '@temporalio/client';
import type { CommandRequest } from '../dispatch/dispatcher.ts';
import type { AccountId, OrderId } from '../domain/ids.ts';
import { createLab, type Lab, type LabOptions, openAccount, transfer } from './lab.ts';
import type { Parts } from './saga-paths.ts';

/** A path through the workflows of a standing order: its commands, or a run that its Schedule starts. */
export type StandingOrderPath = {
  readonly name: string;
  readonly amountMinor: bigint;
  /** What is asked after its creation. */
  readonly commands: readonly CommandRequest[];
  /** Whose workflow is recorded: the last command's, or that of a run. */
  readonly watched: 'command' | 'run';
  /** Before the run. */
  readonly before?: (lab: Lab) => Promise<unknown>;
  readonly wrap?: (lab: () => Lab) => LabOptions['wrap'];
  /** What the run's workflow answers. */
  readonly ends: object | null;
};

const orderId = 'rent' as OrderId;
const create = (amountMinor: bigint): CommandRequest => ({
  type: 'createStandingOrder',
  orderId,
  from: 'a' as AccountId,
  to: 'b' as AccountId,
  amountMinor,
  currency: 'EUR',
  description: null,
  reference: null,
  metadata: {},
  // Its runs are triggered by hand.
  cron: '0 0 1 1 *',
  every: null,
  until: null,
  overlap: 'allow-all',
  catchUp: null,
});
const pause: CommandRequest = { type: 'pauseStandingOrder', orderId, reason: 'test' };
const resume: CommandRequest = { type: 'resumeStandingOrder', orderId, reason: 'test' };
const remove: CommandRequest = { type: 'deleteStandingOrder', orderId };

/** The sweeper was first: the transfer's workflow is there before the run starts it. */
const startFirst: StandingOrderPath['wrap'] = (lab) => (real) => ({
  async requestStandingTransfer(input) {
    const run = await real.requestStandingTransfer(input);
    if (run.result !== 'requested') return run;
    const { client, config } = lab();
    const { id: workflowId, input: args } = run.workflow;
    const taskQueue = config.TEMPORAL_TASK_QUEUE;
    const started = await client.workflow.start('transfer', { args: [args], taskQueue, workflowId });
    await started.result();
    return run;
  },
});

/** Somebody else asks for a transfer under the run's id. */
const claimFirst: StandingOrderPath['wrap'] = (lab) => (real) => ({
  async requestStandingTransfer(input) {
    await lab().run(transfer(`${orderId}:${input.scheduledAt}`, 'a', 'b', 1n));
    return real.requestStandingTransfer(input);
  },
});

const pauseUnsynced = ({ pool, tenant }: Lab) =>
  pool.query(`update standing_orders set status = 'paused', pauses = $2 where tenant = $1`, [
    tenant,
    JSON.stringify([{ from: '2000-01-01T00:00:00.000Z', to: null }]),
  ]);

const run = { amountMinor: 1000n, commands: [], watched: 'run' } as const;
const command = { amountMinor: 1000n, watched: 'command', ends: null } as const;

/** Every path of them. A new path belongs here: its history is then recorded and replayed for ever. */
export const STANDING_ORDER_PATHS: readonly StandingOrderPath[] = [
  { ...command, name: 'standing-order-created', commands: [] },
  { ...command, name: 'standing-order-paused', commands: [pause] },
  { ...command, name: 'standing-order-resumed', commands: [pause, resume] },
  { ...command, name: 'standing-order-deleted', commands: [remove] },
  { ...run, name: 'standing-order-run-completed', ends: { result: 'requested', status: 'completed' } },
  {
    ...run,
    name: 'standing-order-run-refused',
    amountMinor: 1001n,
    ends: { result: 'requested', status: 'rejected' },
  },
  {
    ...run,
    name: 'standing-order-run-started-elsewhere',
    wrap: startFirst,
    ends: { result: 'requested', status: 'completed' },
  },
  { ...run, name: 'standing-order-run-taken', wrap: claimFirst, ends: { result: 'taken' } },
  {
    ...run,
    name: 'standing-order-run-not-due',
    before: pauseUnsynced,
    ends: { result: 'not-due', why: 'paused' },
  },
];

/** Walks a path on real parts. The lab is still open: look at what happened, then close it. */
export async function walkStandingOrder(path: StandingOrderPath, parts: Parts) {
  let lab: Lab | undefined;
  const wrap = path.wrap?.(() => lab!);
  lab = await createLab({ ...parts, ...(wrap && { wrap }) });
  await lab.run(openAccount('a', 1000n));
  await lab.run(openAccount('b', 0n));
  let last = await lab.run(create(path.amountMinor));
  for (const request of path.commands) last = await lab.run(request);
  const handle =
    path.watched === 'run' ? await triggered(lab, path) : lab.client.workflow.getHandle(last.workflowId!);
  const result: unknown = await handle.result();
  // Nobody runs what a Schedule that outlives its lab would start.
  if (!path.commands.includes(remove)) await scheduleOf(lab).delete();
  return { lab, command: last, handle, result };
}

function scheduleOf({ client, tenant }: Lab) {
  return client.schedule.getHandle(`${tenant}/standing-order/${orderId}`);
}

/** The workflow of a run that is due now, in a second after that of the order's creation. */
async function triggered(lab: Lab, path: StandingOrderPath): Promise<WorkflowHandle> {
  await new Promise((done) => setTimeout(done, 1_100));
  await path.before?.(lab);
  await scheduleOf(lab).trigger();
  for (;;) {
    const [action] = (await scheduleOf(lab).describe()).info.recentActions;
    if (action !== undefined) return lab.client.workflow.getHandle(action.action.workflow.workflowId);
    await new Promise((done) => setTimeout(done, 50));
  }
}
