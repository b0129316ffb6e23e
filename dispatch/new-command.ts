import type { AccountId, CommandId, TransferId } from '../domain/ids.ts';
import { toWire } from '../domain/wire.ts';
import type { CommandType, NewCommand } from '../sql/commands.ts';
import { hashJson } from '../sql/hash.ts';
import type { CommandRequest, DispatchOptions } from './dispatcher.ts';

/** How long a command may be on its way before the sweeper looks after it, and the sources of time and ids. */
export type CommandSource = {
  readonly now: () => Date;
  readonly newId: () => string;
  readonly sweepAfterMs: number;
};

/** Workflow ids start with what they are about, so that they read well in the Web UI. */
const WORKFLOW_NAMES: Readonly<Record<CommandType, string>> = {
  openAccount: 'open-account',
  deposit: 'deposit',
  withdraw: 'withdraw',
  freeze: 'freeze',
  unfreeze: 'unfreeze',
  close: 'close',
  transfer: 'transfer',
};

/** The row of a request: ids chosen where the client chose none, the workflow's input, the hash of the wish. */
export function newCommand(
  request: CommandRequest,
  options: DispatchOptions,
  source: CommandSource,
): NewCommand {
  const commandId = source.newId() as CommandId;
  const { payload, resourceKind, resourceId, claimsResource } = target(request, source.newId);
  const { tenant, principal } = options.caller;
  const subject = claimsResource ? resourceId : `${resourceId}/${commandId}`;
  return {
    tenant,
    commandId,
    type: request.type,
    principal,
    route: options.route,
    idempotencyKey: options.idempotencyKey,
    payloadHash: hashJson(toWire(request)),
    payload,
    resourceKind,
    resourceId,
    claimsResource,
    workflowId: `${tenant}/${WORKFLOW_NAMES[request.type]}/${subject}`,
    createdAt: source.now().toISOString(),
    sweepAfterMs: source.sweepAfterMs,
  };
}

type Target = Pick<NewCommand, 'payload' | 'resourceKind' | 'resourceId' | 'claimsResource'>;

function target(request: CommandRequest, newId: () => string): Target {
  if (request.type === 'transfer') {
    const { type: _, ...terms } = request;
    const transferId = terms.transferId ?? (newId() as TransferId);
    const payload = toWire({ ...terms, transferId });
    return { payload, resourceKind: 'transfer', resourceId: transferId, claimsResource: true };
  }
  const { type, ...data } = request;
  const accountId = data.accountId ?? (newId() as AccountId);
  const payload = toWire({ ...data, accountId });
  return { payload, resourceKind: 'account', resourceId: accountId, claimsResource: type === 'openAccount' };
}
