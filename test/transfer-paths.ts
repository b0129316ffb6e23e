import type { WorkflowHandle } from '@temporalio/client';
import type { Activities } from '../activities/index.ts';
import type { CommandRequest } from '../dispatch/dispatcher.ts';
import type { AccountCommand } from '../domain/account.ts';
import type { AccountItem } from '../domain/account-commands.ts';
import type { AccountId, CommandId, HoldId, TransferId } from '../domain/ids.ts';
import { MAX_MINOR } from '../domain/money.ts';
import type { TransferStatus } from '../domain/transfer.ts';
import type { TransferAction } from '../domain/transfer-actions.ts';
import { toWire } from '../domain/wire.ts';
import { cash, createLab, type Lab, type LabOptions, openAccount, transfer } from './lab.ts';
import type { Parts } from './saga-paths.ts';

type Step = (lab: Lab) => Promise<unknown>;

/** A path of transfers that wait, are parked, or are more than plain; and of what people do about them. */
export type TransferPath = {
  readonly name: string;
  readonly env?: Record<string, string>;
  readonly wrap?: LabOptions['wrap'];
  readonly steps: readonly Step[];
  /** Whose workflow is recorded: the transfer `pay`'s own, or the one of the last command. */
  readonly watched: 'pay' | 'last';
  /** How `pay` ends, and why. */
  readonly ends: { readonly transfer: TransferStatus; readonly code: string | null };
};

const run =
  (request: CommandRequest): Step =>
  (lab) =>
    lab.run(request);
const payment = transfer('pay', 'a', 'b', 1000n);
const pay = run(payment);
const payIn =
  (ms: number): Step =>
  (lab) =>
    lab.run({ ...payment, executeAt: new Date(Date.now() + ms).toISOString() });
const act = (type: Exclude<TransferAction['type'], 'resolve'>) =>
  run({ type, transferId: payment.transferId as TransferId, reason: 'test' });
const resolveTo = (to: string) =>
  run({
    type: 'resolve',
    transferId: payment.transferId as TransferId,
    to: to as AccountId,
    reason: 'test',
  });
const funded = run(openAccount('a', 1000n));
const empty = run(openAccount('b', 0n));
const full = run(cash('withdraw', 'a', MAX_MINOR));

/** Until the workflow that stands for the parked transfer has looked once, and waits. */
const parked: Step = async ({ client, tenant }) => {
  const handle = client.workflow.getHandle(`${tenant}/transfer/pay`);
  for (;;) {
    const { type, historyLength } = await handle.describe();
    // Started, and its first task completed.
    if (type === 'parkedTransfer' && historyLength > 3) return;
    await new Promise((done) => setTimeout(done, 50));
  }
};

/** Fills the emptied source to the brim between its debit and its credit, so that no refund fits in. */
function fillSourceFirst(real: Activities, { tenant }: Pick<Lab, 'tenant'>): Partial<Activities> {
  const data = { accountId: 'a' as AccountId, amountMinor: MAX_MINOR, currency: 'EUR', description: null };
  const command: AccountCommand = { type: 'deposit', data: { ...data, metadata: {} } };
  const item = { commandId: 'fill-a' as CommandId, actor: 'test', command: toWire(command) } as AccountItem;
  return {
    async credit(list) {
      await real.decideAccountCommands({ tenant, items: [item] });
      return real.credit(list);
    },
  };
}

/** The debit cannot be tried until the saga's deadline has passed and its compensation has looked. */
function debitAfterCompensation(real: Activities): Partial<Activities> {
  let isCompensated = false;
  return {
    async debit(list) {
      if (!isCompensated) throw new Error('connect ECONNREFUSED');
      return real.debit(list);
    },
    async refund(list) {
      isCompensated = true;
      return real.refund(list);
    },
  };
}

const ASKING = { APPROVAL_THRESHOLDS: 'EUR:5.00' };
const PARKING = { wrap: fillSourceFirst };

export const TRANSFER_PATHS: readonly TransferPath[] = [
  {
    name: 'transfer-scheduled',
    steps: [funded, empty, payIn(1_500)],
    watched: 'pay',
    ends: { transfer: 'completed', code: null },
  },
  {
    name: 'transfer-scheduled-during-an-outage',
    env: { SAGA_DEADLINE_MS: '2500' },
    wrap: debitAfterCompensation,
    steps: [funded, empty, payIn(5_000)],
    watched: 'pay',
    ends: { transfer: 'completed', code: null },
  },
  {
    name: 'transfer-cancelled-while-scheduled',
    steps: [funded, empty, payIn(60_000), act('cancel')],
    watched: 'pay',
    ends: { transfer: 'cancelled', code: 'cancelled' },
  },
  {
    name: 'cancel',
    steps: [funded, empty, payIn(60_000), act('cancel')],
    watched: 'last',
    ends: { transfer: 'cancelled', code: 'cancelled' },
  },
  {
    name: 'cancel-refused',
    steps: [funded, empty, pay, act('cancel')],
    watched: 'last',
    ends: { transfer: 'completed', code: null },
  },
  {
    name: 'transfer-approved',
    env: ASKING,
    steps: [funded, empty, pay, act('approve')],
    watched: 'pay',
    ends: { transfer: 'completed', code: null },
  },
  {
    name: 'transfer-scheduled-and-approved',
    env: ASKING,
    steps: [
      funded,
      empty,
      payIn(1_000),
      async (lab) => {
        while (((await act('approve')(lab)) as { status: string }).status !== 'completed') {
          await new Promise((done) => setTimeout(done, 200));
        }
      },
    ],
    watched: 'pay',
    ends: { transfer: 'completed', code: null },
  },
  {
    name: 'approve',
    env: ASKING,
    steps: [funded, empty, pay, act('approve')],
    watched: 'last',
    ends: { transfer: 'completed', code: null },
  },
  {
    name: 'transfer-declined',
    env: ASKING,
    steps: [funded, empty, pay, act('decline')],
    watched: 'pay',
    ends: { transfer: 'rejected', code: 'declined' },
  },
  {
    name: 'decline',
    env: ASKING,
    steps: [funded, empty, pay, act('decline')],
    watched: 'last',
    ends: { transfer: 'rejected', code: 'declined' },
  },
  {
    name: 'transfer-approval-expired',
    env: { ...ASKING, APPROVAL_TIMEOUT_MS: '1500' },
    steps: [funded, empty, pay],
    watched: 'pay',
    ends: { transfer: 'rejected', code: 'approval-expired' },
  },
  {
    name: 'transfer-with-fee',
    env: { FEE_FLAT: 'EUR:0.50' },
    steps: [run(openAccount('a', 1050n)), empty, pay],
    watched: 'pay',
    ends: { transfer: 'completed', code: null },
  },
  {
    name: 'transfer-exchanged',
    steps: [
      funded,
      run(openAccount('b', 0n, 'USD')),
      run({
        ...payment,
        exchange: { quoteId: 'q', rate: '1.1', creditMinor: 1100n, creditCurrency: 'USD' },
      }),
    ],
    watched: 'pay',
    ends: { transfer: 'completed', code: null },
  },
  {
    name: 'transfer-captured',
    steps: [
      funded,
      empty,
      run({
        type: 'placeHold',
        holdId: 'hold' as HoldId,
        accountId: 'a' as AccountId,
        amountMinor: 1000n,
        currency: 'EUR',
        expiresAt: null,
        description: null,
        metadata: {},
      }),
      run({ ...payment, holdId: 'hold' as HoldId }),
    ],
    watched: 'pay',
    ends: { transfer: 'completed', code: null },
  },
  {
    name: 'transfer-reversed',
    steps: [
      funded,
      empty,
      pay,
      run({ ...transfer('back', 'b', 'a', 1000n), reverses: payment.transferId as TransferId }),
    ],
    watched: 'last',
    ends: { transfer: 'completed', code: null },
  },
  {
    name: 'parked-transfer-settled-by-retry',
    ...PARKING,
    steps: [funded, pay, parked, full, act('retry')],
    watched: 'pay',
    ends: { transfer: 'refunded', code: 'account-not-found' },
  },
  {
    name: 'parked-transfer-settled-by-resolve',
    ...PARKING,
    steps: [funded, run(openAccount('heir', 0n)), pay, parked, resolveTo('heir')],
    watched: 'pay',
    ends: { transfer: 'refunded', code: 'account-not-found' },
  },
  {
    name: 'retry',
    ...PARKING,
    steps: [funded, pay, full, act('retry')],
    watched: 'last',
    ends: { transfer: 'refunded', code: 'account-not-found' },
  },
  {
    name: 'retry-refused',
    ...PARKING,
    steps: [funded, pay, act('retry')],
    watched: 'last',
    ends: { transfer: 'needs_attention', code: 'account-not-found' },
  },
  {
    name: 'resolve',
    ...PARKING,
    steps: [funded, run(openAccount('heir', 0n)), pay, resolveTo('heir')],
    watched: 'last',
    ends: { transfer: 'refunded', code: 'account-not-found' },
  },
];

/** Walks a path on real parts. The lab is still open: look at what happened, then close it. */
export async function walkTransfer(
  path: TransferPath,
  parts: Parts,
): Promise<{ lab: Lab; handle: WorkflowHandle; result: unknown }> {
  const { env, wrap } = path;
  const lab = await createLab({ ...parts, ...(env && { env }), ...(wrap && { wrap }) });
  let last: unknown;
  for (const step of path.steps) last = await step(lab);
  const workflowId = path.watched === 'pay' ? `${lab.tenant}/transfer/pay` : workflowOf(last);
  const handle = lab.client.workflow.getHandle(workflowId);
  const result: unknown = await handle.result();
  return { lab, handle, result };
}

function workflowOf(command: unknown): string {
  const { workflowId } = command as { workflowId: string };
  return workflowId;
}
