const FIRST_BEAT_MS = 2_000;
const BEAT_MS = 10_000;

/** Runs one step and shows it: a beat while it lasts, one line with the seconds it took when it is done. */
export type Progress = <T>(step: string, outcome: string, work: () => Promise<T>) => Promise<T>;

/**
 * Progress of one part, for example `postgres  starting … ready in 2.9 s`.
 * A step that lasts says so after 2 s and then every 10 s, so that nobody takes a long build for a hang.
 */
export function createProgress(part: string, write: (line: string) => void = console.log): Progress {
  return async (step, outcome, work) => {
    const begun = Date.now();
    const seconds = () => `${((Date.now() - begun) / 1000).toFixed(1)} s`;
    const beat = () => write(`${part.padEnd(9)} ${step} … ${seconds()}`);
    let every: NodeJS.Timeout | undefined;
    const first = setTimeout(() => {
      beat();
      every = setInterval(beat, BEAT_MS);
    }, FIRST_BEAT_MS);
    try {
      const result = await work();
      write(`${part.padEnd(9)} ${step} … ${outcome} in ${seconds()}`);
      return result;
    } finally {
      clearTimeout(first);
      clearInterval(every);
    }
  };
}
