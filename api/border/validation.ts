import type { z } from '@hono/zod-openapi';
import { conflictProblem, type FieldError, validationProblem } from '../problem.ts';

/** Where each part of a request begins its pointers; the body's pointers are plain RFC 6901. */
const PREFIX: Readonly<Record<string, string>> = {
  json: '',
  query: '/query',
  param: '/path',
  header: '/header',
};

/** Wrong fields that one answer names: a batch may have thousands. */
const MAX_ERRORS = 100;

type Result = { target: string; success: boolean; error?: { issues: readonly z.core.$ZodIssue[] } };

/**
 * The hook that every validated route runs: throws a validation problem that names each wrong field.
 * @throws Problem `validation`
 */
export function refuseInvalid(result: Result): void {
  if (result.success || result.error === undefined) return;
  const prefix = PREFIX[result.target] ?? '';
  const issues = result.error.issues.slice(0, MAX_ERRORS);
  const errors = issues.flatMap((issue) => toErrors(issue, prefix)).slice(0, MAX_ERRORS);
  const wellFormed = issues.every((issue) => issue.code === 'custom' && issue.params?.together === true);
  throw wellFormed ? conflictProblem(errors) : validationProblem(errors);
}

/**
 * Says of fields that are right, each by itself, why they cannot be together. That is no malformed request (400),
 * but one that cannot be done (422); where a handler finds it out, it is `conflictingFields`.
 */
export function refuseTogether(ctx: z.RefinementCtx, path: PropertyKey[], message: string): void {
  ctx.addIssue({ code: 'custom', path, message, params: { together: true } });
}

function toErrors(issue: z.core.$ZodIssue, prefix: string): FieldError[] {
  const base = prefix + pointerOf(issue.path);
  if (issue.code !== 'unrecognized_keys') return [{ pointer: base, message: issue.message }];
  return issue.keys.map((key) => ({ pointer: base + pointerOf([key]), message: 'is not a known field' }));
}

/** RFC 6901: `["metadata", "a/b"]` is `/metadata/a~1b`. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
