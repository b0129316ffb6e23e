import { defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import type { Activities } from '../../../activities/index.ts';
import type { Chance } from './chance.ts';
import type { Faults } from './faults.ts';
import type { Command, Job } from './sandbox.ts';
import type { Process, World } from './world.ts';

/** What a step came to, as the workflow is told. */
export type Resolution = NonNullable<NonNullable<Job['resolveActivity']>['result']>;
type Failure = NonNullable<NonNullable<Resolution['failed']>['failure']>;

/** A step that a workflow asked for, local or regular. */
export type Step = {
  readonly name: string;
  readonly input: object;
  /** Of the workflow and the step in it, so that its attempts have names. */
  readonly key: string;
  readonly local: boolean;
  readonly startToCloseMs: number;
  /** 0 is without end. */
  readonly scheduleToCloseMs: number;
  readonly retry: {
    readonly firstMs: number;
    readonly factor: number;
    readonly longestMs: number;
    readonly attempts: number;
  };
};

/** Runs the shipped activities as a worker does: with retries, time-outs, and everything that can go wrong. */
export type Attempts = {
  /** Calls `done` once, in an event of its own, unless `isWanted` says that nobody waits any more. */
  run(step: Step, isWanted: () => boolean, done: (resolution: Resolution) => void): void;
  /** Every attempt that is under way ends here and now, or goes on as a zombie. */
  killWorker(): void;
  underWay(): number;
};

const TIMEOUT = { startToClose: 1, scheduleToClose: 3 } as const;
/** Steps that a deadline ends: only these may be starved until it. */
const UNDER_DEADLINE = new Set(['debit', 'credit', 'debitRange', 'creditRange']);

export function createAttempts(options: {
  world: World;
  chance: Chance;
  faults: Faults;
  createActivities: () => Activities;
  deadlineMs: number;
}): Attempts {
  const { world, chance, createActivities } = options;
  const living = new Set<Process>();
  const fates = createFates(options);

  function attempt(
    step: Step,
    number: number,
    ended: (result: { value: unknown } | { error: unknown }) => void,
  ) {
    const key = `${step.key}/${number}`;
    const process: Process = { name: 'worker', alive: true };
    living.add(process);
    const fate = fates.of(step, key);
    if (fate.diesAfterMs !== null) {
      world.after(fate.diesAfterMs, () => {
        process.alive = false;
        living.delete(process);
      });
    }
    const end = (result: { value: unknown } | { error: unknown }) => {
      living.delete(process);
      world.note(`${key} ${'value' in result ? 'done' : 'failed'}`);
      world.after(1, () => ended(result));
    };
    const run = createActivities()[step.name as keyof Activities] as (input: object) => Promise<unknown>;
    world
      .task({ key, process, holdMs: fate.holdMs, deaf: fate.deaf }, () => run(step.input))
      .then(
        (value) => end({ value }),
        (error: unknown) => end({ error }),
      );
  }

  return {
    run(step, isWanted, done) {
      const startedMs = world.now();
      const leftMs = () =>
        step.scheduleToCloseMs === 0
          ? Number.POSITIVE_INFINITY
          : startedMs + step.scheduleToCloseMs - world.now();
      let over = false;
      const finish = (resolution: Resolution) => {
        if (over) return;
        over = true;
        if (isWanted()) done(resolution);
      };
      if (Number.isFinite(leftMs())) {
        world.after(leftMs(), () =>
          finish(failed(step, timeout('ScheduleToClose', TIMEOUT.scheduleToClose))),
        );
      }
      const next = (number: number) => {
        if (over || !isWanted()) return;
        let closed = false;
        const close = (result: { value: unknown } | { error: unknown } | 'timeout') => {
          if (closed || over) return;
          closed = true;
          if (result !== 'timeout' && 'value' in result) return finish(completed(result.value));
          const failure =
            result === 'timeout'
              ? timeout('StartToClose', TIMEOUT.startToClose)
              : defaultFailureConverter.errorToFailure(result.error, defaultPayloadConverter);
          const pauseMs = Math.min(
            step.retry.firstMs * step.retry.factor ** (number - 1),
            step.retry.longestMs,
          );
          if (number === step.retry.attempts || pauseMs >= leftMs()) return finish(failed(step, failure));
          world.after(pauseMs, () => next(number + 1));
        };
        world.after(Math.min(step.startToCloseMs, leftMs()), () => close('timeout'));
        attempt(step, number, close);
      };
      world.after(chance.between(`poll/${step.key}`, 1, 20), () => next(1));
    },
    killWorker() {
      for (const process of living) process.alive = false;
      living.clear();
    },
    underWay: () => living.size,
  };
}

type Fate = { readonly holdMs: number; readonly deaf: boolean; readonly diesAfterMs: number | null };

/** What becomes of each attempt. A step that is starved, or whose replies are lost, is so until its deadline. */
function createFates({
  world,
  chance,
  faults,
  deadlineMs,
}: {
  world: World;
  chance: Chance;
  faults: Faults;
  deadlineMs: number;
}) {
  const known = new Map<string, { readonly kind: 'starved' | 'deaf' | 'plain'; readonly untilMs: number }>();
  const stepFate = (step: Step) => {
    const subject = `${step.name}/${subjectOf(step.input)}`;
    const found = known.get(subject);
    if (found !== undefined) return found;
    const may = UNDER_DEADLINE.has(step.name);
    const kind =
      may && faults.hits('step starved to its deadline', subject, 0.06)
        ? ('starved' as const)
        : may && faults.hits('replies lost to the deadline', subject, 0.05)
          ? ('deaf' as const)
          : ('plain' as const);
    const made = { kind, untilMs: world.now() + deadlineMs };
    known.set(subject, made);
    return made;
  };
  return {
    of(step: Step, key: string): Fate {
      const { kind, untilMs } = stepFate(step);
      const fate: Fate = { holdMs: 0, deaf: false, diesAfterMs: null };
      const leftMs = untilMs - world.now();
      if (faults.healed()) return fate;
      if (kind === 'starved' && leftMs > 0) {
        return { ...fate, holdMs: leftMs + chance.between(`zombie/${key}`, -1_000, 15_000) };
      }
      if (kind === 'deaf' && leftMs > 0) return { ...fate, deaf: true };
      if (faults.hits('zombie attempt', key, 0.05)) {
        return { ...fate, holdMs: chance.between(`zombie/${key}`, 10_050, 40_000) };
      }
      if (faults.hits('attempt died', key, 0.04))
        return { ...fate, diesAfterMs: chance.between(`dies/${key}`, 0, 40) };
      return fate;
    },
  };
}

/** What a step is about, by a name that stays the same in a smaller run. */
export function subjectOf(input: object): string {
  const { items, batch, transferId, from } = input as {
    items?: readonly { transferId?: string; commandId?: string }[];
    batch?: { batchId: string };
    transferId?: string;
    from?: number;
  };
  const [first] = items ?? [];
  return first?.transferId ?? first?.commandId ?? transferId ?? `${batch?.batchId ?? ''}:${from ?? ''}`;
}

function completed(value: unknown): Resolution {
  return { completed: { result: defaultPayloadConverter.toPayload(value) } };
}

function timeout(name: string, timeoutType: number): Failure {
  return { message: `activity ${name} timeout`, timeoutFailureInfo: { timeoutType } };
}

/** A regular activity's failure is wrapped by the server, a local one's is bare. */
function failed(step: Step, cause: Failure): Resolution {
  if (step.local) return { failed: { failure: cause } };
  const activityFailureInfo = { activityType: { name: step.name }, activityId: step.key };
  return { failed: { failure: { message: 'Activity task failed', activityFailureInfo, cause } } };
}

export type ScheduleCommand =
  | NonNullable<Command['scheduleLocalActivity']>
  | NonNullable<Command['scheduleActivity']>;
