/**
 * A failure that the person at the keyboard can mend. Its message is one sentence that says what happened and
 * what to install, set or stop; launchers print it without a stack trace and exit with 1.
 */
export class SetupFailure extends Error {}

/** Prints why a command gives up: one sentence for a `SetupFailure` or an option that there is not, all we know for a bug. */
export function printFailure(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const isClear = error instanceof SetupFailure || code.startsWith('ERR_PARSE_ARGS');
  console.error(isClear ? `\n${(error as Error).message}` : error);
}
