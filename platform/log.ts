import { type Logger, pino } from 'pino';

export type { Logger };

/** Structured log on standard error, one JSON object a line; standard output stays free for results. */
export function createLog(options: { level: string; role: string }): Logger {
  return pino(
    { level: options.level, base: { role: options.role } },
    pino.destination({ dest: 2, sync: true }),
  );
}
