import { z } from '@hono/zod-openapi';
import { problemSchema } from './problem.ts';

const REASONS = {
  400: 'Malformed: syntax, type or range of a field; `errors` names each',
  404: "The path's resource does not exist",
  409: 'It exists already, or the version does not exist yet',
  413: 'The body is larger than 1 MB (a batch: 16 MB)',
  415: 'The body is not JSON',
  422: 'A business refusal (`code`), or an Idempotency-Key that was used for another request',
  500: 'A fault on our side; nothing about it is told here, the log has it under the X-Request-Id',
  503: 'A dependency is down, or the read table is behind: try again after Retry-After',
} as const;

type Reason = keyof typeof REASONS;

const retryAfter = z.object({ 'Retry-After': z.string().openapi({ example: '1', description: 'Seconds' }) });
const problemContent = { 'application/problem+json': { schema: problemSchema } };

/** The problem documents that a route may answer with, for its `responses`. */
export function problems<const Statuses extends readonly Reason[]>(...statuses: Statuses) {
  const answers = [...statuses, 500 as const].map((status) => [
    status,
    {
      description: REASONS[status],
      content: problemContent,
      ...(status === 503 ? { headers: retryAfter } : {}),
    },
  ]);
  return Object.fromEntries(answers) as {
    [Status in Statuses[number]]: { description: string; content: typeof problemContent };
  };
}

/** Every POST of a command may end like this. */
export const COMMAND_PROBLEMS = [400, 404, 409, 413, 415, 422, 503] as const;
/** Every read of one thing may end like this. */
export const READ_PROBLEMS = [400, 404, 503] as const;

/** A JSON answer, for a route's `responses`. */
export function json<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { 'application/json': { schema } } };
}

/** A page of a list: `nextCursor` is null on the last page. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });
}

/**
 * Cuts a page out of one row more than the page holds: that row tells whether there is a next page.
 * `cursorAfter` makes the cursor from the page's last row.
 */
export function cutPage<Row>(rows: readonly Row[], limit: number, cursorAfter: (last: Row) => string) {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? cursorAfter(last) : null };
}
