import type { Workflow } from '@temporalio/worker/lib/workflow/interface.js';
import type { Attempts, Resolution, ScheduleCommand } from './attempts.ts';
import type { Chance } from './chance.ts';
import type { Faults } from './faults.ts';
import { CANCELLED, type Run, stepOf } from './run.ts';
import { activationOf, type Command, type Job, type Sandbox } from './sandbox.ts';
import type { World } from './world.ts';

export type CoreOptions = {
  readonly world: World;
  readonly chance: Chance;
  readonly faults: Faults;
  readonly sandbox: Sandbox;
  readonly attempts: Attempts;
};

/** What the server is asked by the worker, and told of it. */
export type Upstream = {
  /** A command of a task that has ended. */
  obey(run: Run, command: Command): void;
  /** False for a run that the server has lost. */
  knows(run: Run): boolean;
  fail(what: string): void;
};

/** The worker's part of Temporal: workflow tasks, local activities, and replays after a crash. */
export type Core = {
  /** Tells a run something, in a task of its own as soon as there is none. */
  tell(run: Run, job: Job): void;
  /** Tells it at once, also while local activities of its task are under way. */
  interrupt(run: Run, job: Job): void;
  /** What was not kept is forgotten, and what the server told in it is told again. */
  crash(run: Run): void;
  /** Lets go of what is in memory of a run. */
  dispose(run: Run): Promise<void>;
};

/** Runs workflow tasks as Temporal's core does, in the sandbox that workers use. */
export function createCore(options: CoreOptions, upstream: Upstream): Core {
  const { world, chance, faults, sandbox, attempts } = options;

  function tell(run: Run, job: Job): void {
    run.waiting.push(job);
    wakeUp(run);
  }

  function wakeUp(run: Run): void {
    const { epoch } = run;
    world.after(chance.between(`task/${run.workflowId}/${run.told.length}`, 1, 15), () => {
      if (run.epoch !== epoch || run.inTask || run.status !== 'running' || run.waiting.length === 0) return;
      if (!upstream.knows(run)) return;
      run.inTask = true;
      const jobs = run.waiting;
      run.waiting = [];
      void world.busy(() => activate(run, jobs));
    });
  }

  async function activate(run: Run, jobs: Job[]): Promise<void> {
    run.workflow ??= await rebuild(run);
    const atMs = world.now();
    run.told.push({ atMs, jobs });
    const completion = await run.workflow.activate(activationOf(run.runId, atMs, jobs, false));
    if (completion.failed) {
      upstream.fail(`workflow ${run.workflowId}: ${completion.failed.failure?.message}`);
      run.status = 'failed';
      return;
    }
    await take(run, completion.successful?.commands ?? []);
  }

  /** A worker that does not have the run in memory replays what the server has of it. */
  async function rebuild(run: Run): Promise<Workflow> {
    const workflow = await sandbox.create(run);
    for (const { atMs, jobs } of run.told) {
      const completion = await workflow.activate(activationOf(run.runId, atMs, jobs, true));
      if (completion.failed)
        upstream.fail(`replay of ${run.workflowId}: ${completion.failed.failure?.message}`);
    }
    return workflow;
  }

  async function take(run: Run, commands: readonly Command[]): Promise<void> {
    const cancelled: number[] = [];
    for (const command of commands) {
      const { scheduleLocalActivity: local, requestCancelLocalActivity: cancel } = command;
      if (local) {
        run.locals.set(Number(local.seq), local);
        runLocal(run, local);
      } else if (cancel) cancelled.push(Number(cancel.seq));
      else run.commands.push(command);
    }
    for (const seq of cancelled) {
      if (run.locals.has(seq)) world.after(1, () => resolveLocal(run, run.epoch, seq, CANCELLED));
    }
    if (run.locals.size === 0) await endTask(run);
  }

  function runLocal(run: Run, local: ScheduleCommand): void {
    const { epoch } = run;
    const seq = Number(local.seq);
    const isWanted = () => run.epoch === epoch && run.locals.has(seq) && run.status === 'running';
    const key = `${run.workflowId}#${run.told.length}.${run.epoch}/l${seq}`;
    attempts.run(stepOf(key, local, true), isWanted, (result) => resolveLocal(run, epoch, seq, result));
  }

  function resolveLocal(run: Run, epoch: number, seq: number, result: Resolution): void {
    if (run.epoch !== epoch || run.status !== 'running' || !run.locals.delete(seq)) return;
    const hit = faults.hits('worker killed', `${run.workflowId}/${run.told.length}/${epoch}`, 0.02);
    if (hit) crash(run);
    else void world.busy(() => activate(run, [{ resolveActivity: { seq, result, isLocal: true } }]));
  }

  /** The task ends: the server keeps what was told, and gets the commands. */
  async function endTask(run: Run): Promise<void> {
    run.kept = run.told.length;
    run.inTask = false;
    const { commands } = run;
    run.commands = [];
    for (const command of commands) upstream.obey(run, command);
    if (run.status !== 'running') return dispose(run);
    if (run.waiting.length > 0) wakeUp(run);
  }

  async function dispose(run: Run): Promise<void> {
    const { workflow } = run;
    run.workflow = null;
    await workflow?.dispose();
  }

  function crash(run: Run): void {
    run.epoch += 1;
    const lost = run.told.splice(run.kept).flatMap(({ jobs }) => jobs);
    run.waiting = [...lost.filter((job) => !job.resolveActivity?.isLocal), ...run.waiting];
    run.locals = new Map();
    run.commands = [];
    run.inTask = false;
    world.note(`crash ${run.runId}`);
    void world.busy(() => dispose(run));
    if (run.waiting.length > 0) wakeUp(run);
  }

  return {
    tell,
    interrupt(run, job) {
      void world.busy(() => activate(run, [job]));
    },
    crash,
    dispose,
  };
}
