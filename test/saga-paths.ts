import type { Activities } from '../activities/index.ts';
import type { CommandRequest } from '../dispatch/dispatcher.ts';
import {
  cash,
  createLab,
  type Lab,
  type LabOptions,
  lifecycle,
  openAccount,
  placeHold,
  releaseHold,
  setLimits,
  transfer,
} from './lab.ts';

/** What a path needs from its caller: real parts. */
export type Parts = Pick<LabOptions, 'databaseUrl' | 'temporalAddress'>;

/** A path through a workflow: how to bring it about, and how the last command then ends. */
export type SagaPath = {
  readonly name: string;
  readonly env?: Record<string, string>;
  readonly wrap?: LabOptions['wrap'];
  readonly steps: readonly CommandRequest[];
  readonly ends: {
    readonly status: 'completed' | 'refused';
    readonly code?: string;
    /** How the transfer itself ends, which the command does not tell. */
    readonly transfer?: string;
  };
};

class LostReply extends Error {
  constructor() {
    super('the reply to COMMIT was lost');
  }
}

/** The step commits, but its caller does not learn of it, the first `times` times. */
function loseReplies<Input, Output>(step: (input: Input) => Promise<Output>, times: number) {
  let lost = 0;
  return async (input: Input): Promise<Output> => {
    const output = await step(input);
    lost += 1;
    if (lost <= times) throw new LostReply();
    return output;
  };
}

const outage = (): Promise<never> => Promise.reject(new Error('connect ECONNREFUSED'));
const always = Number.POSITIVE_INFINITY;
const SHORT_DEADLINE = { SAGA_DEADLINE_MS: '2500' };
const funded = openAccount('a', 1000n);
const empty = openAccount('b', 0n);
const pay = transfer('pay', 'a', 'b', 1000n);

/** Closes the emptied source between its debit and its credit. */
function closeSourceFirst(real: Activities, { tenant }: Pick<Lab, 'tenant'>): Partial<Activities> {
  return {
    async credit(list) {
      const command = { type: 'close' as const, data: { accountId: list.items[0]!.from, reason: 'test' } };
      await real.decideAccountCommands({
        tenant,
        items: [{ commandId: 'close-a' as never, actor: 'test', command }],
      });
      return real.credit(list);
    },
  };
}

/** Every path of every workflow. A new path belongs here: its history is then recorded and replayed for ever. */
export const SAGA_PATHS: readonly SagaPath[] = [
  { name: 'open-account', steps: [funded], ends: { status: 'completed' } },
  { name: 'deposit', steps: [empty, cash('deposit', 'b', 5n)], ends: { status: 'completed' } },
  { name: 'withdraw', steps: [funded, cash('withdraw', 'a', 5n)], ends: { status: 'completed' } },
  {
    name: 'withdraw-refused',
    steps: [empty, cash('withdraw', 'b', 5n)],
    ends: { status: 'refused', code: 'insufficient-funds' },
  },
  { name: 'freeze', steps: [empty, lifecycle('freeze', 'b')], ends: { status: 'completed' } },
  {
    name: 'unfreeze',
    steps: [empty, lifecycle('freeze', 'b'), lifecycle('unfreeze', 'b')],
    ends: { status: 'completed' },
  },
  { name: 'close', steps: [empty, lifecycle('close', 'b')], ends: { status: 'completed' } },
  {
    name: 'set-limits',
    steps: [empty, setLimits('b', { dailyMinor: 5n })],
    ends: { status: 'completed' },
  },
  { name: 'place-hold', steps: [funded, placeHold('h', 'a', 5n)], ends: { status: 'completed' } },
  {
    name: 'release-hold',
    steps: [funded, placeHold('h', 'a', 5n), releaseHold('h', 'a')],
    ends: { status: 'completed' },
  },
  {
    name: 'deposit-after-outage',
    wrap: (real) => ({ decideAccountCommands: loseReplies(real.decideAccountCommands, 5) }),
    steps: [openAccount('a', 0n)],
    ends: { status: 'completed' },
  },
  {
    name: 'transfer-completed',
    steps: [funded, empty, pay],
    ends: { status: 'completed', transfer: 'completed' },
  },
  {
    name: 'transfer-rejected',
    steps: [funded, empty, transfer('pay', 'a', 'b', 1001n)],
    ends: { status: 'refused', code: 'insufficient-funds', transfer: 'rejected' },
  },
  {
    name: 'transfer-refunded',
    steps: [funded, pay],
    ends: { status: 'refused', code: 'account-not-found', transfer: 'refunded' },
  },
  {
    name: 'transfer-retried-after-lost-reply',
    wrap: (real) => ({ debit: loseReplies(real.debit, 1), credit: loseReplies(real.credit, 1) }),
    steps: [funded, empty, pay],
    ends: { status: 'completed', transfer: 'completed' },
  },
  {
    name: 'transfer-retried-as-regular-activity',
    wrap: (real) => ({ debit: loseReplies(real.debit, 4), credit: loseReplies(real.credit, 4) }),
    steps: [funded, empty, pay],
    ends: { status: 'completed', transfer: 'completed' },
  },
  {
    name: 'transfer-compensated-at-the-deadline',
    env: SHORT_DEADLINE,
    wrap: () => ({ credit: outage }),
    steps: [funded, empty, pay],
    ends: { status: 'refused', code: 'deadline-exceeded', transfer: 'refunded' },
  },
  {
    name: 'transfer-compensated-after-an-unknown-debit',
    env: SHORT_DEADLINE,
    wrap: (real) => ({ debit: loseReplies(real.debit, always) }),
    steps: [funded, empty, pay],
    ends: { status: 'refused', code: 'deadline-exceeded', transfer: 'refunded' },
  },
  {
    name: 'transfer-completed-after-an-unknown-credit',
    env: SHORT_DEADLINE,
    wrap: (real) => ({ credit: loseReplies(real.credit, always) }),
    steps: [funded, empty, pay],
    ends: { status: 'completed', transfer: 'completed' },
  },
  {
    name: 'transfer-cancelled-at-the-deadline',
    env: SHORT_DEADLINE,
    wrap: () => ({ debit: outage }),
    steps: [funded, empty, pay],
    ends: { status: 'refused', code: 'deadline-exceeded', transfer: 'cancelled' },
  },
  {
    name: 'transfer-refund-retried',
    wrap: (real) => ({ refund: loseReplies(real.refund, 4) }),
    steps: [funded, pay],
    ends: { status: 'refused', code: 'account-not-found', transfer: 'refunded' },
  },
  {
    name: 'transfer-needs-attention',
    wrap: closeSourceFirst,
    steps: [funded, pay],
    ends: { status: 'refused', code: 'account-not-found', transfer: 'needs_attention' },
  },
];

/** Walks a path on real parts. The lab is still open: look at what happened, then close it. */
export async function walk(path: SagaPath, parts: Parts) {
  const lab = await createLab({
    ...parts,
    ...(path.env && { env: path.env }),
    ...(path.wrap && { wrap: path.wrap }),
  });
  let last = await lab.run(path.steps[0]!);
  for (const step of path.steps.slice(1)) last = await lab.run(step);
  const handle = lab.client.workflow.getHandle(last.workflowId!);
  const result: unknown = await handle.result();
  return { lab, command: last, handle, result };
}
