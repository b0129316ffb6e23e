import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { RefusalCode } from '../domain/refusals.ts';

/** Which field is wrong: an RFC 6901 pointer into the body, or `/query/…`, `/header/…`, `/path/…`. */
export type FieldError = { readonly pointer: string; readonly message: string };

/** Every code that an answer may carry, with the status and the title that belong to it. */
const PROBLEMS = {
  validation: [400, 'The request is malformed'],
  'not-found': [404, 'There is nothing here'],
  'method-not-allowed': [405, 'This method is not allowed here'],
  'payload-too-large': [413, 'The body is too large'],
  'unsupported-media-type': [415, 'The body must be JSON'],
  'idempotency-key-reused': [422, 'The Idempotency-Key was used for another request'],
  'version-ahead': [409, 'The version does not exist yet'],
  'not-ready': [503, 'The resource is recorded and not there yet'],
  unavailable: [503, 'A dependency is not reachable'],
  'too-many-streams': [503, 'Too many event streams are open'],
  internal: [500, 'Something is wrong on our side'],
  'same-account': [422, 'A transfer needs two accounts'],
  'account-not-found': [422, 'There is no such account'],
  'account-closed': [422, 'The account is closed'],
  'account-frozen': [422, 'The account is frozen'],
  'currency-mismatch': [422, 'The account holds another currency'],
  'limit-exceeded': [422, 'It would pass a limit'],
  'insufficient-funds': [422, 'Too little is available'],
  'account-not-empty': [422, 'The account still has money or holds'],
  'account-exists': [409, 'The account exists already'],
  'transfer-exists': [409, 'The transfer exists already'],
  'transfer-final': [409, 'The transfer has ended'],
  'reversal-exceeds-original': [422, 'More than that was never moved, or was taken back'],
  'not-awaiting-approval': [422, 'The transfer waits for no approval'],
  'not-needing-attention': [422, 'The transfer is not parked'],
  cancelled: [422, 'It was cancelled'],
  declined: [422, 'It was declined'],
  'approval-expired': [422, 'Nobody approved it in time'],
  'hold-exists': [409, 'The hold exists already'],
  'hold-not-found': [404, 'There is no such hold'],
  'hold-final': [409, 'The hold has ended'],
  'batch-exists': [409, 'The batch exists already'],
  'batch-final': [409, 'The batch has ended'],
  'standing-order-exists': [409, 'The standing order exists already'],
  'standing-order-final': [409, 'The standing order has ended'],
  'quote-used': [422, 'The quote was used for another transfer'],
  'quote-not-found': [422, 'There is no such quote'],
  'quote-expired': [422, 'The quote has expired'],
  'quote-mismatch': [422, 'The transfer is not what the quote was made for'],
  'customer-exists': [409, 'The customer exists already'],
  'customer-not-found': [422, 'There is no such customer'],
  'customer-erased': [422, "The customer's personal data was erased"],
  'rate-not-found': [422, 'There is no rate for these currencies'],
  'quote-exists': [409, 'The quote exists already'],
  'amount-too-small': [422, 'The amount is worth nothing in the other currency'],
  'webhook-exists': [409, 'The webhook exists already'],
  'too-many-webhooks': [422, 'There are too many webhooks'],
  'delivery-not-found': [422, 'There is no such delivery'],
  'still-parked': [422, 'It still cannot be applied'],
  'deadline-exceeded': [422, 'It could not be decided in time'],
  'processing-failed': [422, 'It could not be processed'],
} as const satisfies Record<RefusalCode | (string & {}), readonly [ContentfulStatusCode, string]>;

export type ProblemCode = keyof typeof PROBLEMS;

type Parts = {
  /** Where the path's own resource is missing, a refusal's 422 becomes a 404. */
  readonly status?: ContentfulStatusCode;
  /** Where the code's own title would not be true. */
  readonly title?: string;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members, such as transferId. */
  readonly members?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
};

/**
 * An answer that is not a success, thrown from anywhere in `api/` and written by the one error handler.
 * `throw new Problem("validation", "…", { errors: [{ pointer: "/amount", message: "…" }] })`
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly status: ContentfulStatusCode;
  readonly parts: Parts;

  constructor(code: ProblemCode, detail: string, parts: Parts = {}) {
    super(detail, { cause: parts.cause });
    this.code = code;
    this.status = parts.status ?? PROBLEMS[code][0];
    this.parts = parts;
  }
}

/** One wrong field, as a problem. */
export function wrongField(pointer: string, message: string): Problem {
  return validationProblem([{ pointer, message }]);
}

/** Wrong fields, as a problem; the detail names the first. */
export function validationProblem(errors: readonly FieldError[]): Problem {
  const first = errors[0];
  const detail =
    first === undefined ? 'The request is malformed.' : `${first.pointer || 'body'}: ${first.message}`;
  return new Problem('validation', detail, { errors });
}

/** Fields that are right, each by itself, and cannot be together: nothing malformed (400), yet it cannot be done. */
export function conflictingFields(pointer: string, message: string): Problem {
  return conflictProblem([{ pointer, message }]);
}

/** The same of several fields; the detail names the first. */
export function conflictProblem(errors: readonly FieldError[]): Problem {
  const { code, message, parts } = validationProblem(errors);
  return new Problem(code, message, { ...parts, status: 422, title: 'The fields do not go together' });
}

/** RFC 9457. `code` is also the last segment of `type`. */
export const problemSchema = z
  .strictObject({
    type: z
      .string()
      .openapi({ example: '/problems/insufficient-funds', description: 'Stable URI reference of the kind' }),
    title: z.string().openapi({ example: 'Too little is available' }),
    status: z.int().openapi({ example: 422 }),
    detail: z.string().openapi({ example: 'Account alice has too little available.' }),
    instance: z.string().openapi({ example: '/api/transfers', description: "The request's path" }),
    code: z.string().openapi({ example: 'insufficient-funds' }),
    errors: z
      .array(z.strictObject({ pointer: z.string().openapi({ example: '/amount' }), message: z.string() }))
      .optional()
      .openapi({ description: 'Of code `validation`: which fields, and what is right' }),
    transferId: z.string().optional(),
    transferStatus: z.string().optional(),
  })
  .openapi('Problem');

/** Writes a problem as the answer. */
export function answerProblem(c: Context, problem: Problem): Response {
  const { errors, headers, members, title } = problem.parts;
  const body: z.infer<typeof problemSchema> = {
    type: `/problems/${problem.code}`,
    title: title ?? PROBLEMS[problem.code][1],
    status: problem.status,
    detail: problem.message,
    instance: new URL(c.req.url).pathname,
    code: problem.code,
    ...(errors === undefined ? {} : { errors: [...errors] }),
    ...members,
  };
  return c.body(JSON.stringify(body), problem.status, {
    'content-type': 'application/problem+json',
    ...headers,
  });
}
