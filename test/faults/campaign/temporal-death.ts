import { waitFor } from '../../processes.ts';
import { listOpen } from './open-commands.ts';
import type { Scene } from './scenario.ts';
import { listRunning, type WorkflowRun } from './transfers.ts';

const WAIT_MS = 30_000;

/**
 * Kills Temporal in a moment in which it has workflows in hand. Returns those runs that it told of as running right
 * before, and whose command was not final when it was dead: their workflows cannot have ended in between.
 */
export async function killTemporal({ db, parts, killPart }: Scene): Promise<WorkflowRun[]> {
  const address = parts.temporal.env.TEMPORAL_ADDRESS!;
  const look = async () => {
    const runs = await listRunning(address, await listOpen(db));
    return runs.length > 0 && runs;
  };
  const running = await waitFor('Temporal to run a workflow', look, WAIT_MS);
  await killPart('temporal');
  const open = new Set(await listOpen(db));
  return running.filter(({ workflowId }) => open.has(workflowId));
}
