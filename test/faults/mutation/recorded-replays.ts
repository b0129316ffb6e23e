import { Runtime } from '@temporalio/worker';
import { workflowBundle } from '../../../activities/workflow-bundle.ts';
import { readRecorded, recordedNames, replay } from '../../replays.ts';
import { carryMutant } from './carry-mutant.ts';

const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** Reads all recorded histories once; each call replays them and says which is not followed, or null. */
export async function createReplays(): Promise<() => Promise<string | null>> {
  Runtime.install({ shutdownSignals: [], logger: quiet });
  const histories = await readRecorded(await recordedNames());
  const { code } = await workflowBundle();
  const bundle = { code: carryMutant(code) };
  return async () => {
    const found = await replay(bundle, histories);
    return found === undefined ? null : `history ${found.name}: ${found.error.message}`;
  };
}
