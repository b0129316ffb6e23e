import { z } from '@hono/zod-openapi';
import { DURATION_PATTERN, parseDuration } from '../../domain/duration.ts';
import { refuseCron } from '../../platform/timetable.ts';

/** Long lists of minutes and hours fit in. */
const MAX_CRON_LENGTH = 200;

export const cronField = z
  .string()
  .max(MAX_CRON_LENGTH, `must have at most ${MAX_CRON_LENGTH} characters`)
  .superRefine((text, ctx) => {
    const refused = refuseCron(text);
    if (refused !== null) ctx.addIssue({ code: 'custom', message: refused });
  })
  .openapi({
    example: '0 9 1 * *',
    description:
      'Minute, hour, day of month, month and day of week, in UTC, with one space between them. Where both days are ' +
      'restricted, either is enough',
    pattern: '^[-A-Za-z0-9*,/]+( [-A-Za-z0-9*,/]+){4}$',
  });

/** A duration such as `15m`, of at least so many milliseconds. */
export function durationField(leastMs: number, least: string) {
  return z
    .string()
    .refine((text) => (parseDuration(text) ?? 0) >= leastMs, {
      error: `must be a whole number of s, m, h or d, such as "24h", from ${least} to 3650d`,
    })
    .openapi({ example: '7d', pattern: DURATION_PATTERN.source });
}
