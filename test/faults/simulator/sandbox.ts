import { defaultPayloadConverter, toPayloads } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import { parseWorkflowCode } from '@temporalio/worker/lib/worker.js';
import type { Workflow } from '@temporalio/worker/lib/workflow/interface.js';
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';
import { globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared.js';
import { workflowBundle } from '../../../activities/workflow-bundle.ts';
import { carryMutant } from '../mutation/carry-mutant.ts';

export type Activation = Parameters<Workflow['activate']>[0];
export type Job = NonNullable<Activation['jobs']>[number];
export type Completion = Awaited<ReturnType<Workflow['activate']>>;
export type Command = NonNullable<NonNullable<Completion['successful']>['commands']>[number];

/** Which run of a workflow to create. */
export type RunInfo = {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: string;
  readonly input: object;
  readonly startedMs: number;
};

/** Temporal's own sandbox with the shipped workflows in it, as the worker runs them. */
export type Sandbox = { create(run: RunInfo): Promise<Workflow>; close(): Promise<void> };

// A time-out would start a thread of its own at each call into the sandbox, and endless loops show without one.
const NO_TIMEOUT = undefined as unknown as number;

/** Opens a sandbox for the workflows of this checkout. Takes seconds where they changed: once for many runs. */
export async function openSandbox(activityNames: readonly string[]): Promise<Sandbox> {
  const { code } = await workflowBundle();
  const bundle = parseWorkflowCode(carryMutant(code));
  // The hooks record a stack for every promise, which nobody asks for here and which costs most of the time.
  globalHandlers.installed = true;
  const creator = await ReusableVMWorkflowCreator.create(bundle, NO_TIMEOUT, new Set(activityNames));
  return {
    create: (run) =>
      creator.createWorkflow({
        info: infoOf(run),
        randomnessSeed: [1],
        now: run.startedMs,
        showStackTraceSources: false,
      }),
    close: () => creator.destroy(),
  };
}

function infoOf({ workflowId, runId, type, startedMs }: RunInfo) {
  const none = (): never => {
    throw new Error('not for workflows');
  };
  return {
    workflowId,
    runId,
    workflowType: type,
    searchAttributes: {},
    typedSearchAttributes: [] as never,
    historyLength: 3,
    historySize: 300,
    continueAsNewSuggested: false,
    targetWorkerDeploymentVersionChanged: false,
    taskQueue: 'simulated',
    namespace: 'simulated',
    firstExecutionRunId: runId,
    originalExecutionRunId: runId,
    startTime: new Date(startedMs),
    runStartTime: new Date(startedMs),
    taskTimeoutMs: 10_000,
    attempt: 1,
    unsafe: { isReplaying: false, isReplayingHistoryEvents: false, now: none, random: none as never },
  };
}

/** The job that begins a run. */
export function beginning({ workflowId, type, input }: RunInfo): Job {
  return {
    initializeWorkflow: {
      workflowId,
      workflowType: type,
      arguments: toPayloads(defaultPayloadConverter, input) ?? [],
      attempt: 1,
    },
  };
}

export function activationOf(
  runId: string,
  timestampMs: number,
  jobs: Job[],
  isReplaying: boolean,
): Activation {
  return { runId, timestamp: msToTs(timestampMs), isReplaying, historyLength: 3, jobs };
}
