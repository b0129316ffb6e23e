import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Outcome } from './simulation.ts';

export type Range = { readonly first: number; readonly count: number; readonly workers: number };

/** A seed to run, or to make the last run smaller, which failed. */
export type Asked = number | 'shrink';
/** What a member tells of a run; the trace stays with it. */
export type Told =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'run' | 'shrunk';
      readonly outcome: Omit<Outcome, 'counts' | 'ends' | 'trace'> & {
        readonly counts: readonly [string, number][];
        readonly ends: readonly [string, number][];
      };
    };

const MEMBER = fileURLToPath(new URL('member.ts', import.meta.url));

/**
 * Runs seeds in processes of their own, each with its own databases. The first failure ends it; the answer is that
 * failure, made smaller, or null where all went well.
 */
export async function runSeeds(range: Range, onOutcome: (outcome: Outcome) => void): Promise<Outcome | null> {
  const end = range.first + range.count;
  let next = range.first;
  let failed = false;
  let smallest: Outcome | null = null;

  /** Takes in what a member tells; the first failure it is to make smaller. Null: nothing is to be done about it. */
  function hear(told: Told): 'shrink' | null {
    if (told.kind === 'shrunk') smallest = toOutcome(told);
    if (told.kind !== 'run') return null;
    const outcome = toOutcome(told);
    onOutcome(outcome);
    if (failed || outcome.violations.length === 0) return null;
    failed = true;
    smallest = outcome;
    return 'shrink';
  }
  const isOver = () => failed || next >= end;
  const work: Work = { hear, next: () => (isOver() ? null : next++), isOver };

  await Promise.all(Array.from({ length: Math.min(range.workers, range.count) }, () => runMember(work)));
  return smallest;
}

/** What members tell, and what they are given. */
type Work = { hear(told: Told): 'shrink' | null; next(): Asked | null; isOver(): boolean };

/** A process grows with each run, by what its databases keep in memory, and slows down: a new one takes its place. */
const RUNS_OF_A_PROCESS = 250;

async function runMember(work: Work): Promise<void> {
  while (!work.isOver()) await runProcess(work);
}

function runProcess({ hear, next }: Work): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(MEMBER, {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    let runs = 0;
    let isDone = false;
    child.on('message', (told: Told) => {
      const asked = hear(told) ?? (runs < RUNS_OF_A_PROCESS ? next() : null);
      runs += 1;
      isDone = asked === null;
      if (asked === null) child.disconnect();
      else child.send(asked);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0 && isDone) resolve();
      else reject(new Error(`a simulator process ended with ${code}`));
    });
  });
}

function toOutcome({ outcome }: Extract<Told, { kind: 'run' | 'shrunk' }>): Outcome {
  const { counts, ends, ...rest } = outcome;
  return { ...rest, counts: new Map(counts) as Outcome['counts'], ends: new Map(ends), trace: [] };
}
