import type { Logger } from '../platform/log.ts';
import type { Pool } from '../platform/postgres.ts';
import { type Command, recordCommand } from '../sql/commands.ts';
import { awaitEnd } from './await-end.ts';
import type { CommandRequest, Dispatched, Dispatcher, DispatchOptions } from './dispatcher.ts';
import { type CommandSource, newCommand } from './new-command.ts';
import { startWorkflow, type WorkflowStart } from './start-workflow.ts';

export type DispatcherDeps = {
  readonly pool: Pool;
  readonly log: Logger;
  readonly source: CommandSource;
  readonly start: WorkflowStart;
};

/** The one door for commands: record first, then start, then wait. */
export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  return { execute: (request, options) => execute(deps, request, options) };
}

async function execute(
  deps: DispatcherDeps,
  request: CommandRequest,
  options: DispatchOptions,
): Promise<Dispatched> {
  const wish = newCommand(request, options, deps.source);
  const recorded = await recordCommand(deps.pool, wish);
  if (recorded.kind === 'taken') {
    return { kind: 'taken', code: wish.resourceKind === 'account' ? 'account-exists' : 'transfer-exists' };
  }
  const replayed = recorded.kind === 'duplicate';
  if (replayed && recorded.command.payloadHash !== wish.payloadHash) return { kind: 'key-reused' };
  if (!replayed) await tryToStart(deps, recorded.command);
  const command =
    recorded.command.status === 'accepted' ? await finish(deps, recorded.command, options) : recorded.command;
  return { kind: 'recorded', replayed, command };
}

/** A start that fails loses nothing: the command is recorded, and the sweeper starts it when Temporal is back. */
async function tryToStart(deps: DispatcherDeps, command: Command): Promise<void> {
  try {
    await startWorkflow(deps.start, command);
  } catch (error) {
    deps.log.warn(
      { err: error, commandId: command.commandId },
      'Temporal did not start the workflow; the sweeper will',
    );
  }
}

function finish(deps: DispatcherDeps, command: Command, options: DispatchOptions): Promise<Command> {
  return awaitEnd({ pool: deps.pool, client: deps.start.temporal().client }, command, options.waitMs);
}
