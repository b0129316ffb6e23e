/**
 * Wakes loops of the same process that wait for work. Nothing depends on it: whoever is not woken (the work was made in
 * another process) looks by itself.
 */
export type Bell = {
  ring(): void;
  /** How often it has rung. */
  rings(): number;
  /** Resolves at the next ring, after `ms`, or when the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
};

export function createBell(): Bell {
  const waiting = new Set<() => void>();
  let rings = 0;
  return {
    ring() {
      rings += 1;
      for (const wake of waiting) wake();
    },
    rings: () => rings,
    wait(ms, signal) {
      if (signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', wake);
          waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, ms);
        signal.addEventListener('abort', wake, { once: true });
        waiting.add(wake);
      });
    },
  };
}
