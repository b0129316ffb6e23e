import type { Command } from '../sql/commands.ts';
import type { Caller, CommandRequest } from './dispatcher.ts';
import { type CommandSource, newCommand } from './new-command.ts';
import { type WorkflowStart, workflowOf } from './start-workflow.ts';

type TransferWish = Omit<Extract<CommandRequest, { type: 'transfer' }>, 'type'>;

/** How Remit itself asks for transfers: the same commands and workflows as those of clients. */
export function createTransferCommands(source: CommandSource, start: Pick<WorkflowStart, 'sagaDeadlineMs'>) {
  return {
    newTransfer: (wish: TransferWish, caller: Caller) =>
      newCommand(
        { type: 'transfer', ...wish },
        { caller, route: caller.principal, idempotencyKey: null, waitMs: 0 },
        source,
      ),
    workflowOf: (command: Command) => workflowOf(start, command),
  };
}
