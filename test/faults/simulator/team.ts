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

  /** What a member is to do next; null lets it go. */
  function answer(told: Told): Asked | null {
    if (told.kind === 'shrunk') smallest = toOutcome(told);
    if (told.kind === 'run') {
      const outcome = toOutcome(told);
      onOutcome(outcome);
      if (outcome.violations.length > 0 && !failed) {
        failed = true;
        smallest = outcome;
        return 'shrink';
      }
    }
    return failed || next >= end ? null : next++;
  }

  await Promise.all(Array.from({ length: Math.min(range.workers, range.count) }, () => runMember(answer)));
  return smallest;
}

function runMember(answer: (told: Told) => Asked | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(MEMBER, {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child.on('message', (told: Told) => {
      const asked = answer(told);
      if (asked === null) child.disconnect();
      else child.send(asked);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`a simulator process ended with ${code}`));
    });
  });
}

function toOutcome({ outcome }: Extract<Told, { kind: 'run' | 'shrunk' }>): Outcome {
  const { counts, ends, ...rest } = outcome;
  return { ...rest, counts: new Map(counts) as Outcome['counts'], ends: new Map(ends), trace: [] };
}
