import { defaultPayloadConverter, fromPayloadsAtIndex } from '@temporalio/common';
import { tsToMs } from '@temporalio/common/lib/time.js';
import type { Workflow } from '@temporalio/worker/lib/workflow/interface.js';
import type { Resolution, ScheduleCommand, Step } from './attempts.ts';
import type { Command, Job, RunInfo } from './sandbox.ts';

/** A workflow's run as the server and the worker know it. */
export type Run = RunInfo & {
  status: 'running' | 'completed' | 'failed';
  workflow: Workflow | null;
  /** What was told to the workflow, in order; up to `kept` the server has it. */
  readonly told: { readonly atMs: number; readonly jobs: Job[] }[];
  kept: number;
  /** What the server has to tell, once no task is under way. */
  waiting: Job[];
  inTask: boolean;
  /** Local activities without a result. */
  locals: Map<number, ScheduleCommand>;
  /** Commands of the task under way, for the server once it ends. */
  commands: Command[];
  readonly timers: Set<number>;
  readonly activities: Set<number>;
  /** Counts crashes: what was under way before one is nobody's. */
  epoch: number;
};

/** A run that has been told nothing yet. */
export function newRun(info: RunInfo): Run {
  return {
    ...info,
    status: 'running',
    workflow: null,
    told: [],
    kept: 0,
    waiting: [],
    inTask: false,
    locals: new Map(),
    commands: [],
    timers: new Set(),
    activities: new Set(),
    epoch: 0,
  };
}

/** What a step that was cancelled comes to. */
export const CANCELLED: Resolution = {
  cancelled: { failure: { message: 'cancelled', canceledFailureInfo: {} } },
};

/** The step that a workflow's command asks for. */
export function stepOf(key: string, command: ScheduleCommand, local: boolean): Step {
  const { retryPolicy: retry } = command;
  return {
    key,
    local,
    name: command.activityType ?? '',
    input: fromPayloadsAtIndex<object>(defaultPayloadConverter, 0, command.arguments),
    startToCloseMs: tsToMs(command.startToCloseTimeout),
    scheduleToCloseMs: command.scheduleToCloseTimeout ? tsToMs(command.scheduleToCloseTimeout) : 0,
    retry: {
      firstMs: retry?.initialInterval ? tsToMs(retry.initialInterval) : 1_000,
      factor: retry?.backoffCoefficient || 2,
      longestMs: retry?.maximumInterval ? tsToMs(retry.maximumInterval) : 100_000,
      attempts: retry?.maximumAttempts || Number.POSITIVE_INFINITY,
    },
  };
}
