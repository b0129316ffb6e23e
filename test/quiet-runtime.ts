import { Runtime } from '@temporalio/worker';

/**
 * Sets up Temporal's runtime of this process, before its first worker: signals stay the test's own, and nothing is printed
 * of what tests do to workers on purpose.
 */
export function installQuietRuntime(): void {
  Runtime.install({
    shutdownSignals: [],
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  });
}
