import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import type { Chance } from './chance.ts';

/** What lives and dies together: an API, a worker, a projector. */
export type Process = { readonly name: string; alive: boolean };

/** One thing that runs by itself: an attempt of an activity, a request, a loop. */
export type Task = {
  readonly key: string;
  readonly process: Process;
  /** Counts what the task does, so that each has a name. */
  steps: number;
  /** A loop that polls sleeps until something was committed. */
  readonly dozes: boolean;
  /** Milliseconds that it is held up before its first transaction. */
  holdMs: number;
  /** Set where every reply of its commits is lost. */
  deaf: boolean;
};

type Event = { readonly at: number; readonly order: number; readonly run: () => void };

/** Where a run begins: any fixed instant will do. */
export const EPOCH_MS = Date.parse('2026-01-01T00:00:00.000Z');

/** A loop that dozes looks at least this often. */
const DOZE_MS = 8_000;

/** Simulated time and what happens in it, one thing after another. */
export type World = {
  now(): number;
  date(): Date;
  /** Lets something happen at an instant. */
  at(instantMs: number, run: () => void): void;
  after(ms: number, run: () => void): void;
  /** Runs a task; what it throws is the caller's. */
  task<T>(options: TaskOptions, work: () => Promise<T>): Promise<T>;
  current(): Task | undefined;
  /** Waits in simulated time; one whose process has died meanwhile never goes on. */
  sleep(ms: number, mayDoze: boolean): Promise<void>;
  /** Waits as long as the next step of this task takes by chance. */
  step(): Promise<void>;
  /** Something was committed: loops that doze look again. */
  wake(): void;
  /** True while something is under way that is no event. */
  busy<T>(work: () => Promise<T>): Promise<T>;
  /** Lets events happen until none is left, or `done` says so. At most `limit` events. */
  run(done: () => boolean, limit: number): Promise<'done' | 'quiet' | 'endless'>;
  /** Writes a line of the trace. */
  note(line: string): void;
  readonly trace: readonly string[];
  hash(): string;
  /** Forgets its tasks: what still sleeps never goes on. */
  close(): void;
};

export type TaskOptions = Pick<Task, 'key' | 'process'> & Partial<Pick<Task, 'dozes' | 'holdMs' | 'deaf'>>;

/** The world of one run. All of its time is simulated, and all of its order is the seed's. */
export function createWorld(chance: Chance): World {
  const tasks = new AsyncLocalStorage<Task>();
  const queue = createQueue();
  let dozing: (() => void)[] = [];
  const trace: string[] = [];
  let now = EPOCH_MS;
  let inFlight = 0;

  const at = (instantMs: number, run: () => void) => queue.push(Math.max(instantMs, now), run);
  const later = (ms: number, process: Process | undefined, dozes: boolean) =>
    new Promise<void>((resolve) => {
      let over = false;
      const wake = () => {
        if (over || process?.alive === false) return;
        over = true;
        resolve();
      };
      at(now + (dozes ? DOZE_MS : ms), wake);
      if (dozes) dozing.push(wake);
    });
  const world: World = {
    now: () => now,
    date: () => new Date(now),
    at,
    after: (ms, run) => at(now + ms, run),
    current: () => tasks.getStore(),
    task(options, work) {
      const task: Task = { dozes: false, holdMs: 0, deaf: false, ...options, steps: 0 };
      return tasks.run(task, work);
    },
    sleep(ms, mayDoze) {
      const task = tasks.getStore();
      return later(ms, task?.process, mayDoze && task?.dozes === true);
    },
    async step() {
      const task = tasks.getStore();
      if (task === undefined) return;
      task.steps += 1;
      const { holdMs } = task;
      task.holdMs = 0;
      await later(latencyMs(chance, `${task.key}/${task.steps}`) + holdMs, task.process, false);
    },
    wake() {
      const awake = dozing;
      dozing = [];
      for (const [index, wake] of awake.entries()) {
        at(now + 20 + latencyMs(chance, `wake/${trace.length}/${index}`) * 4, wake);
      }
    },
    async busy(work) {
      inFlight += 1;
      try {
        return await work();
      } finally {
        inFlight -= 1;
      }
    },
    async run(done, limit) {
      for (let count = 0; count < limit; count += 1) {
        if (done()) return 'done';
        const next = queue.pop();
        if (next === undefined) return 'quiet';
        now = next.at;
        next.run();
        do await new Promise(setImmediate);
        while (inFlight > 0);
      }
      return 'endless';
    },
    note(line) {
      trace.push(`${now - EPOCH_MS} ${line}`);
    },
    trace,
    hash: () => createHash('sha1').update(trace.join('\n')).digest('hex').slice(0, 12),
    // Each storage that is in use costs a little at every promise.
    close: () => tasks.disable(),
  };
  return world;
}

/** Most things are quick, some are not. */
export function latencyMs(chance: Chance, name: string): number {
  const kind = chance.fraction(`latency/${name}`);
  const part = chance.fraction(`latency of/${name}`);
  if (kind < 0.8) return 1 + Math.floor(part * 20);
  if (kind < 0.95) return 20 + Math.floor(part * 300);
  return 300 + Math.floor(part * 2_700);
}

/** Events by their instant; those of the same instant in the order in which they were asked for. */
function createQueue() {
  const events: Event[] = [];
  let order = 0;
  return {
    push(at: number, run: () => void) {
      order += 1;
      let low = 0;
      let high = events.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (events[middle]!.at > at) low = middle + 1;
        else high = middle;
      }
      // Latest first, so that the next event is taken from the end.
      events.splice(low, 0, { at, order, run });
    },
    pop: () => events.pop(),
  };
}
