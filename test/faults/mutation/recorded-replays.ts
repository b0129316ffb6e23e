import { workflowBundle } from '../../../activities/workflow-bundle.ts';
import { installQuietRuntime } from '../../quiet-runtime.ts';
import { readRecorded, recordedNames, replay } from '../../replays.ts';
import { carryMutant } from './carry-mutant.ts';

/** Reads all recorded histories once; each call replays them and says which is not followed, or null. */
export async function createReplays(): Promise<() => Promise<string | null>> {
  installQuietRuntime();
  const histories = await readRecorded(await recordedNames());
  const { code } = await workflowBundle();
  const bundle = { code: carryMutant(code) };
  return async () => {
    const found = await replay(bundle, histories);
    return found === undefined ? null : `history ${found.name}: ${found.error.message}`;
  };
}
