/**
 * A failure that the person at the keyboard can mend. Its message is one sentence that says what happened and
 * what to install, set or stop; launchers print it without a stack trace and exit with 1.
 */
export class SetupFailure extends Error {}

/** Prints why a command gives up: one sentence for a `SetupFailure` or wrong options, everything we know for a bug. */
export function printFailure(error: unknown): void {
  const isClear = error instanceof SetupFailure || isWrongOption(error);
  console.error(isClear ? `\n${error.message}` : error);
}

/** As `parseArgs` of Node throws it. */
function isWrongOption(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}
