import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { defaultPayloadConverter, fromPayloadsAtIndex } from '@temporalio/common';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { type CoreOptions, createCore } from './core.ts';
import { CANCELLED, newRun, type Run, stepOf } from './run.ts';
import { beginning, type Command } from './sandbox.ts';

export type StartOptions = {
  readonly workflowId: string;
  readonly args: readonly object[];
  readonly workflowIdReusePolicy?: string;
};

/** A simulated Temporal: server, task queues, and the worker's core. */
export type Server = {
  start(type: string, options: StartOptions): Promise<void>;
  signalWithStart(type: string, options: StartOptions & { readonly signal: string }): Promise<void>;
  /** The server's state is lost, as are all attempts. */
  wipe(): void;
  /** The worker is killed: what it had in hand is told to another, by the server's record of it. */
  killWorker(): void;
  /** False where it does not run. */
  cancel(workflowId: string): boolean;
  terminate(workflowId: string): boolean;
  awayUntil(ms: number): void;
  isAway(): boolean;
  /** Ids of the workflows that run. */
  running(): string[];
  /** Lets go of what is in memory of workflows that still run. */
  close(): Promise<void>;
  /** Workflow tasks that failed: a bug of the workflow. */
  readonly failures: string[];
};

export function createServer(options: CoreOptions): Server {
  const { world, attempts } = options;
  const runs = new Map<string, Run>();
  const everything: Run[] = [];
  const failures: string[] = [];
  let runCount = 0;
  let awayMs = 0;
  const core = createCore(options, {
    obey,
    knows: (run) => runs.get(run.workflowId) === run,
    fail: (what) => failures.push(what),
  });

  function create(type: string, { workflowId, args: [input = {}] }: StartOptions): Run {
    runCount += 1;
    const runId = `${workflowId}#${runCount}`;
    const run = newRun({ workflowId, runId, type, input, startedMs: world.now() });
    runs.set(workflowId, run);
    everything.push(run);
    world.note(`start ${runId}`);
    core.tell(run, beginning(run));
    return run;
  }

  function obey(run: Run, command: Command): void {
    const { startTimer, cancelTimer, scheduleActivity, requestCancelActivity } = command;
    if (startTimer) {
      const seq = Number(startTimer.seq);
      run.timers.add(seq);
      world.after(tsToMs(startTimer.startToFireTimeout), () => {
        if (run.timers.delete(seq)) core.tell(run, { fireTimer: { seq } });
      });
    } else if (cancelTimer) run.timers.delete(Number(cancelTimer.seq));
    else if (scheduleActivity) {
      const seq = Number(scheduleActivity.seq);
      run.activities.add(seq);
      const isWanted = () =>
        run.activities.has(seq) && run.status === 'running' && runs.get(run.workflowId) === run;
      attempts.run(stepOf(`${run.runId}/r${seq}`, scheduleActivity, false), isWanted, (result) => {
        run.activities.delete(seq);
        core.tell(run, { resolveActivity: { seq, result } });
      });
    } else if (requestCancelActivity) {
      const seq = Number(requestCancelActivity.seq);
      if (run.activities.delete(seq)) core.tell(run, { resolveActivity: { seq, result: CANCELLED } });
    } else if (command.completeWorkflowExecution) end(run, 'completed');
    else if (command.failWorkflowExecution) {
      end(run, 'failed');
      failures.push(`workflow ${run.workflowId} failed: ${command.failWorkflowExecution.failure?.message}`);
    } else if (command.cancelWorkflowExecution) end(run, 'failed');
    else if (command.setPatchMarker || command.upsertWorkflowSearchAttributes) return;
    else if (command.continueAsNewWorkflowExecution) {
      end(run, 'completed');
      const { arguments: payloads } = command.continueAsNewWorkflowExecution;
      const input = fromPayloadsAtIndex<object>(defaultPayloadConverter, 0, payloads);
      create(run.type, { workflowId: run.workflowId, args: [input] });
    } else throw new Error(`the simulated server does not know ${Object.keys(command).join()}`);
  }

  function end(run: Run, status: 'completed' | 'failed'): void {
    run.status = status;
    world.note(`${status} ${run.runId}`);
  }

  async function call(what: string): Promise<void> {
    await world.step();
    if (world.now() < awayMs) throw new Error(`Temporal is away: ${what}`);
  }

  async function begin(type: string, options: StartOptions): Promise<Run> {
    const { workflowId, workflowIdReusePolicy } = options;
    const found = runs.get(workflowId);
    if (found?.status === 'running') return found;
    if (found?.status === 'completed' && workflowIdReusePolicy === 'ALLOW_DUPLICATE_FAILED_ONLY') {
      throw new WorkflowExecutionAlreadyStartedError('Workflow execution already started', workflowId, type);
    }
    return create(type, options);
  }

  function stop(run: Run): void {
    run.epoch += 1;
    run.status = 'failed';
    void world.busy(() => core.dispose(run));
  }

  return {
    async start(type, options) {
      await call(`start ${options.workflowId}`);
      await begin(type, options);
    },
    async signalWithStart(type, { signal, ...options }) {
      await call(`signal ${options.workflowId}`);
      core.tell(await begin(type, options), {
        signalWorkflow: { signalName: signal, input: [], headers: {} },
      });
    },
    wipe() {
      for (const run of runs.values()) if (run.status === 'running') stop(run);
      runs.clear();
    },
    killWorker() {
      for (const run of runs.values()) if (run.status === 'running') core.crash(run);
    },
    cancel(workflowId) {
      const run = runs.get(workflowId);
      if (run?.status !== 'running') return false;
      // A task that is under way is told as well, as its next heartbeat would: it need not wait for the activity.
      const tell = !run.inTask || run.locals.size === 0 ? core.tell : core.interrupt;
      tell(run, { cancelWorkflow: { reason: 'asked to' } });
      return true;
    },
    terminate(workflowId) {
      const run = runs.get(workflowId);
      if (run?.status !== 'running') return false;
      stop(run);
      return true;
    },
    awayUntil(ms) {
      awayMs = ms;
    },
    isAway: () => world.now() < awayMs,
    running: () => [...runs.values()].flatMap((run) => (run.status === 'running' ? run.workflowId : [])),
    async close() {
      for (const run of everything) await core.dispose(run);
    },
    failures,
  };
}
