import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Answered, CommandRequest, Dispatched } from '../dispatch/dispatcher.ts';
import { unreachable } from '../domain/unreachable.ts';
import type { Claim } from '../sql/commands.ts';
import { parsePrefer } from './border/prefer.ts';
import type { AppEnv, Deps } from './context.ts';
import { Problem, type ProblemCode } from './problem.ts';

/** What every POST of a command takes. */
export const commandHeaders = z.object({
  'Idempotency-Key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
    .optional()
    .openapi({
      example: '5f0c2b1e-rent',
      description:
        'A repeat with the same key and body gets the first answer again, with Idempotency-Replayed: true',
    }),
  Prefer: z.string().optional().openapi({
    example: 'wait=5',
    description: '`wait=N` seconds (at most 30) or `respond-async` (RFC 7240)',
  }),
});

/** What the answer to a command's POST carries, for a route's `responses`. */
export const commandAnswerHeaders = z.object({
  'Idempotency-Replayed': z.string().optional().openapi({ example: 'true' }),
  'Preference-Applied': z.string().optional().openapi({ example: 'wait=5' }),
  Location: z.string().optional().openapi({ example: '/api/transfers/rent-2026-08' }),
});

/**
 * Hands a validated wish to the dispatcher and returns its recorded command, final or not. `said` is what the
 * client said, where the request holds more than that.
 * @throws Problem 409 where the id is taken, 422 where the key was used for another request
 */
export async function execute(
  c: Context<AppEnv>,
  deps: Deps,
  route: string,
  headers: z.infer<typeof commandHeaders>,
  request: CommandRequest,
  said?: object,
): Promise<Answered> {
  const waitMs = applyPrefer(c, headers, deps.config.COMMAND_WAIT_MS);
  const dispatched = await deps.dispatcher.execute(request, {
    caller: { tenant: c.get('tenant'), principal: c.get('principal') },
    route,
    idempotencyKey: headers['Idempotency-Key'] ?? null,
    waitMs,
    ...(said === undefined ? {} : { said }),
  });
  return answerRecorded(c, dispatched);
}

/**
 * How many milliseconds the client would wait for the command's end; the answer says that it was heard.
 * @throws Problem 400 for a wait that is none
 */
export function applyPrefer(
  c: Context<AppEnv>,
  headers: z.infer<typeof commandHeaders>,
  defaultMs: number,
): number {
  const { waitMs, applied } = parsePrefer(headers.Prefer, defaultMs);
  if (applied !== null) c.header('Preference-Applied', applied);
  return waitMs;
}

/** What is told of an id that another command has claimed. */
const TAKEN = {
  account: 'account-exists',
  transfer: 'transfer-exists',
  hold: 'hold-exists',
  batch: 'batch-exists',
  'standing-order': 'standing-order-exists',
  customer: 'customer-exists',
  rate: 'internal',
  quote: 'quote-exists',
  webhook: 'webhook-exists',
  'quote-use': 'quote-used',
} as const satisfies Record<Claim['kind'], ProblemCode>;

/**
 * The command of a wish that was recorded, dispatched or direct, with the header that tells a replay.
 * @throws Problem 409 where the id is taken, 422 where the key was used for another request
 */
export function answerRecorded(c: Context<AppEnv>, recorded: Dispatched): Answered {
  switch (recorded.kind) {
    case 'recorded':
      if (recorded.replayed) c.header('Idempotency-Replayed', 'true');
      return recorded.command;
    case 'taken': {
      const { kind, resourceId } = recorded.claim;
      const detail =
        kind === 'quote-use'
          ? `Quote ${resourceId} was used for another transfer: ask for a new one.`
          : `${kind} ${resourceId} belongs to another request: choose another id, or none.`;
      throw new Problem(TAKEN[kind], detail);
    }
    case 'key-reused':
      throw new Problem('idempotency-key-reused', 'This Idempotency-Key came with another request before.');
    default:
      return unreachable(recorded);
  }
}
