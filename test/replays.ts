import { readdir, readFile } from 'node:fs/promises';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker, type WorkflowBundle } from '@temporalio/worker';

type Recorded = { readonly workflowId: string; readonly history: ReturnType<typeof historyFromJSON> };

const FOLDER = new URL('../workflows/histories/', import.meta.url);

/** The names of all recorded histories. */
export async function recordedNames(): Promise<string[]> {
  return (await readdir(FOLDER)).map((file) => file.replace(/\.json$/, '')).sort();
}

/** Reads recorded histories. @throws where there is none of a name. */
export function readRecorded(names: readonly string[]): Promise<Recorded[]> {
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(`${name}.json`, FOLDER), 'utf8');
      return { workflowId: name, history: historyFromJSON(JSON.parse(text)) };
    }),
  );
}

/** Replays histories, one after the other; the error of the first that the bundle does not follow, with its name. */
export async function replay(
  workflowBundle: WorkflowBundle,
  histories: readonly Recorded[],
): Promise<{ readonly name: string; readonly error: Error } | undefined> {
  let replayed = 0;
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, histories)) {
    if (error) return { name: workflowId, error };
    replayed += 1;
  }
  if (replayed < histories.length) throw new Error(`only ${replayed} of ${histories.length} were replayed`);
  return undefined;
}
