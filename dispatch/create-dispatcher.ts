import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../platform/log.ts';
import { isOutage, type Pool } from '../platform/postgres.ts';
import type { Command } from '../sql/commands.ts';
import type { Announcements } from './announcements.ts';
import { awaitEnd } from './await-end.ts';
import type { Answered, CommandRequest, Dispatched, Dispatcher, DispatchOptions } from './dispatcher.ts';
import { createGatherer, type Grouping } from './gather.ts';
import { type CommandSource, newCommand } from './new-command.ts';
import type { WorkflowStart } from './start-workflow.ts';
import { readStartedAt } from './started-at.ts';
import { createWatcher } from './watch-workflows.ts';

export type DispatcherDeps = {
  readonly pool: Pool;
  readonly log: Logger;
  readonly source: CommandSource;
  readonly start: WorkflowStart;
  readonly grouping: Grouping;
  /** What the worker of this process tells; without one nothing is ever heard there. */
  readonly announcements: Announcements;
  /** Aborts when the process is about to end: who still waits is told what is known by then (202). */
  readonly hurry?: AbortSignal;
};

/** How long an answer that does not wait for the end gives the start itself. */
const LEAST_PATIENCE_MS = 500;

/** The one door for commands: record first, then start, then wait. */
export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const watcher = createWatcher(deps.start.temporal);
  const gatherer = createGatherer({ ...deps, newId: deps.source.newId, watcher });

  /** The command was recorded: an outage of Postgres while waiting for its end does not make that untrue. */
  async function endOf(command: Command, waitMs: number, started: Promise<void> | null): Promise<Answered> {
    const begin = started && (() => Promise.race([started, patience(waitMs)]));
    try {
      return await awaitEnd({ ...deps, temporal: deps.start.temporal, watcher }, command, { waitMs, begin });
    } catch (error) {
      if (!isOutage(error)) throw error;
      const { commandId } = command;
      deps.log.warn({ err: error, commandId }, 'Postgres went away while a command was awaited');
      return command;
    }
  }

  return {
    async execute(request: CommandRequest, options: DispatchOptions): Promise<Dispatched> {
      const wish = newCommand(request, options, deps.source);
      const { recorded, started } = await gatherer.begin(wish);
      if (recorded.kind === 'taken') return recorded;
      const replayed = recorded.kind === 'duplicate';
      if (replayed && recorded.command.payloadHash !== wish.command.payloadHash)
        return { kind: 'key-reused' };
      const isFinal = recorded.command.status !== 'accepted';
      const command = isFinal
        ? recorded.command
        : await endOf(recorded.command, options.waitMs, replayed ? null : started);
      return { kind: 'recorded', replayed, command };
    },
    startedAt: (workflowId) => readStartedAt(deps.start, workflowId),
  };
}

/** While Temporal is away a start hangs until its own deadline: nobody is kept waiting for that. */
function patience(waitMs: number): Promise<void> {
  return sleep(Math.max(waitMs, LEAST_PATIENCE_MS), undefined, { ref: false });
}
