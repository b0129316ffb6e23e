/**
 * A failure that the person at the keyboard can mend. Its message is one sentence that says what happened and
 * what to install, set or stop; launchers print it without a stack trace and exit with 1.
 */
export class SetupFailure extends Error {}

/** Prints why a launcher gives up: one sentence for a `SetupFailure`, everything we know for a bug. */
export function printFailure(error: unknown): void {
  console.error(error instanceof SetupFailure ? `\n${error.message}` : error);
}
