import type { TransferTerms } from '../domain/events.ts';
import { type FeePolicy, feeOf } from '../domain/fees.ts';
import type { AccountId, CommandId, HoldId, OrderId, TransferId } from '../domain/ids.ts';
import { completeTerms } from '../domain/terms.ts';
import { unreachable } from '../domain/unreachable.ts';
import { toWire } from '../domain/wire.ts';
import type { PoolClient } from '../platform/postgres.ts';
import { type CommandType, claimAll, type NewCommand } from '../sql/commands.ts';
import { hashJson } from '../sql/hash.ts';
import { insertStandingOrder } from '../sql/standing-orders.ts';
import type { CommandRequest, DispatchOptions } from './dispatcher.ts';
import { batchRequests, recordBatch } from './new-batch.ts';

/** How long a command may be on its way before the sweeper looks after it, its fees, and the sources of time and ids. */
export type CommandSource = {
  readonly now: () => Date;
  readonly newId: () => string;
  readonly sweepAfterMs: number;
  readonly fees: FeePolicy;
};

/** Workflow ids start with what they are about, so that they read well in the Web UI. */
const WORKFLOW_NAMES: Readonly<Record<CommandType, string>> = {
  openAccount: 'open-account',
  deposit: 'deposit',
  withdraw: 'withdraw',
  freeze: 'freeze',
  unfreeze: 'unfreeze',
  close: 'close',
  setLimits: 'set-limits',
  placeHold: 'place-hold',
  releaseHold: 'release-hold',
  transfer: 'transfer',
  cancel: 'cancel',
  approve: 'approve',
  decline: 'decline',
  retry: 'retry',
  resolve: 'resolve',
  transferBatch: 'batch',
  cancelBatch: 'cancel-batch',
  createStandingOrder: 'create-standing-order',
  pauseStandingOrder: 'pause-standing-order',
  resumeStandingOrder: 'resume-standing-order',
  deleteStandingOrder: 'delete-standing-order',
};

/** A command's row, and what else its transaction writes. */
export type Wish = {
  readonly command: NewCommand;
  readonly work: (client: PoolClient) => Promise<void>;
  /** True for a transfer that may go together with others: it begins at once, and its row is all that it writes. */
  readonly gathers: boolean;
};

/** The row of a request: ids chosen where the client chose none, the workflow's input, the hash of the wish. */
export function newCommand(request: CommandRequest, options: DispatchOptions, source: CommandSource): Wish {
  const commandId = source.newId() as CommandId;
  const { payload, resourceKind, resourceId, claimsResource, work } = target(request, source);
  const { tenant, principal } = options.caller;
  const subject = claimsResource ? resourceId : `${resourceId}/${commandId}`;
  const command: NewCommand = {
    tenant,
    commandId,
    type: request.type,
    principal,
    route: options.route,
    idempotencyKey: options.idempotencyKey,
    payloadHash: hashJson(options.said ?? toWire(request)),
    payload,
    resourceKind,
    resourceId,
    claimsResource,
    workflowId: `${tenant}/${WORKFLOW_NAMES[request.type]}/${subject}`,
    createdAt: source.now().toISOString(),
    sweepAfterMs: source.sweepAfterMs,
  };
  const gathers = request.type === 'transfer' && request.executeAt === undefined && work === undefined;
  return { command, work: (client) => work?.(client, command) ?? Promise.resolve(), gathers };
}

type Target = Pick<NewCommand, 'payload' | 'resourceKind' | 'resourceId' | 'claimsResource'> & {
  readonly work?: (client: PoolClient, command: NewCommand) => Promise<void>;
};

function target(request: CommandRequest, source: CommandSource): Target {
  switch (request.type) {
    case 'openAccount': {
      const { type: _, ...data } = request;
      const accountId = data.accountId ?? (source.newId() as AccountId);
      const payload = toWire({ ...data, accountId });
      return { payload, resourceKind: 'account', resourceId: accountId, claimsResource: true };
    }
    case 'deposit':
    case 'withdraw':
    case 'freeze':
    case 'unfreeze':
    case 'close': {
      const { type: _, ...data } = request;
      return ofAccount(data.accountId, toWire(data));
    }
    case 'setLimits': {
      const { accountId, currency, changes } = request;
      return ofAccount(accountId, toWire({ accountId, currency, ...changes }));
    }
    case 'placeHold': {
      const { type: _, ...data } = request;
      const holdId = data.holdId ?? (source.newId() as HoldId);
      const payload = toWire({ ...data, holdId });
      return { payload, resourceKind: 'hold', resourceId: holdId, claimsResource: true };
    }
    case 'releaseHold': {
      const { holdId, accountId, reason } = request;
      const payload = { accountId, holdId, why: 'voided', reason };
      return { payload, resourceKind: 'hold', resourceId: holdId, claimsResource: false };
    }
    case 'transfer':
      return ofTransfer(request, source);
    case 'cancel':
    case 'approve':
    case 'decline':
    case 'retry':
    case 'resolve': {
      const { type: _, ...payload } = request;
      return { payload, resourceKind: 'transfer', resourceId: payload.transferId, claimsResource: false };
    }
    case 'transferBatch': {
      const items = batchRequests(request.transfers, source);
      return {
        payload: { total: items.length },
        resourceKind: 'batch',
        resourceId: request.batchId ?? source.newId(),
        claimsResource: true,
        work: (client, command) => recordBatch(client, command, items),
      };
    }
    case 'cancelBatch': {
      const { batchId, reason } = request;
      return { payload: { reason }, resourceKind: 'batch', resourceId: batchId, claimsResource: false };
    }
    case 'createStandingOrder': {
      const { type: _, ...asked } = request;
      const order = { ...asked, orderId: asked.orderId ?? (source.newId() as OrderId) };
      return {
        payload: toWire(order),
        resourceKind: 'standing-order',
        resourceId: order.orderId,
        claimsResource: true,
        work: (client, { tenant, createdAt }) => insertStandingOrder(client, tenant, order, createdAt),
      };
    }
    case 'pauseStandingOrder':
    case 'resumeStandingOrder':
    case 'deleteStandingOrder': {
      const { type: _, ...payload } = request;
      return {
        payload,
        resourceKind: 'standing-order',
        resourceId: payload.orderId,
        claimsResource: false,
      };
    }
    default:
      return unreachable(request);
  }
}

function ofAccount(accountId: AccountId, payload: object): Target {
  return { payload, resourceKind: 'account', resourceId: accountId, claimsResource: false };
}

type TransferRequest = Extract<CommandRequest, { type: 'transfer' }>;

/** All terms of a transfer: those that were asked for, and what it costs. Who corrects a transfer pays no fee. */
export function transferTerms(
  { type: _, executeAt: __, exchange, ...asked }: TransferRequest,
  transferId: TransferId,
  fees: FeePolicy,
): TransferTerms {
  const corrects = asked.reverses !== undefined || asked.holdId !== undefined;
  const feeMinor = corrects ? 0n : feeOf(fees, asked.amountMinor, asked.currency);
  return completeTerms({ ...asked, ...exchange, transferId, feeMinor });
}

/** The terms are complete once recorded: fees and rates of another day change nothing. */
function ofTransfer(request: TransferRequest, source: CommandSource): Target {
  const { executeAt, exchange, reverses } = request;
  const transferId = request.transferId ?? (source.newId() as TransferId);
  const terms = transferTerms(request, transferId, source.fees);
  return {
    payload: toWire({ ...terms, executeAt: executeAt ?? null }),
    resourceKind: 'transfer',
    resourceId: transferId,
    claimsResource: true,
    ...(reverses === undefined && exchange !== undefined
      ? {
          work: (client, command) =>
            claimAll(client, command, [{ kind: 'quote-use', resourceId: exchange.quoteId }]),
        }
      : {}),
  };
}
