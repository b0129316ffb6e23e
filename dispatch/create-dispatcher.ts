import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../platform/log.ts';
import { isOutage, type Pool } from '../platform/postgres.ts';
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
  /** Aborts when the process is about to end: who still waits is told what is known by then (202). */
  readonly hurry?: AbortSignal;
};

/** How long an answer that does not wait for the end gives the start itself. */
const LEAST_PATIENCE_MS = 500;

/** The one door for commands: record first, then start, then wait. */
export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  return { execute: (request, options) => execute(deps, request, options) };
}

async function execute(
  deps: DispatcherDeps,
  request: CommandRequest,
  options: DispatchOptions,
): Promise<Dispatched> {
  const { command: wish, work } = newCommand(request, options, deps.source);
  const recorded = await recordCommand(deps.pool, wish, work);
  if (recorded.kind === 'taken') return recorded;
  const replayed = recorded.kind === 'duplicate';
  if (replayed && recorded.command.payloadHash !== wish.payloadHash) return { kind: 'key-reused' };
  if (recorded.command.status !== 'accepted')
    return { kind: 'recorded', replayed, command: recorded.command };
  const until = Date.now() + options.waitMs;
  if (!replayed) await Promise.race([tryToStart(deps, recorded.command), patience(options.waitMs)]);
  const command = await endOf(deps, recorded.command, until - Date.now());
  return { kind: 'recorded', replayed, command };
}

/** The command was recorded: an outage of Postgres while waiting for its end does not make that untrue. */
async function endOf(deps: DispatcherDeps, command: Command, waitMs: number): Promise<Command> {
  try {
    const client = deps.start.temporal().client;
    return await awaitEnd({ pool: deps.pool, client, hurry: deps.hurry }, command, waitMs);
  } catch (error) {
    if (!isOutage(error)) throw error;
    deps.log.warn(
      { err: error, commandId: command.commandId },
      'Postgres went away while a command was awaited',
    );
    return command;
  }
}

/** While Temporal is away a start hangs until its own deadline: nobody is kept waiting for that. */
function patience(waitMs: number): Promise<void> {
  return sleep(Math.max(waitMs, LEAST_PATIENCE_MS), undefined, { ref: false });
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
