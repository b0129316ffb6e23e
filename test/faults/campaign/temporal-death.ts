import type pg from 'pg';
import { waitFor } from '../../processes.ts';
import { withTemporal } from '../../with-temporal.ts';
import { listOpen, listOpenAt } from './open-commands.ts';
import type { Scene } from './scenario.ts';
import { listRunning, type WorkflowRun } from './transfers.ts';

const WAIT_MS = 30_000;

/**
 * Kills Temporal in a moment in which it has workflows in hand. Returns those runs that it told of as running right
 * before, and whose command became final later than that, or is not: their workflows cannot have ended in between.
 */
export async function killTemporal({ db, parts, killPart }: Scene): Promise<WorkflowRun[]> {
  // A saga takes no longer than connecting does: who connected for each look would come too late for most.
  return withTemporal(parts.temporal.env.TEMPORAL_ADDRESS!, async (client) => {
    const look = async () => {
      const running = await listRunning(client, await listOpen(db));
      const runs = await stillOpen(db, running, Date.now());
      return runs.length > 0 && runs;
    };
    const runs = await waitFor('Temporal to run a workflow', look, WAIT_MS);
    const killed = killPart('temporal');
    // The signal has been sent.
    const killedAt = Date.now();
    await killed;
    return stillOpen(db, runs, killedAt);
  });
}

/** Those of these runs of which a command was not final at an instant (ms since 1970). */
async function stillOpen(db: pg.Pool, runs: readonly WorkflowRun[], at: number): Promise<WorkflowRun[]> {
  const ids = runs.map(({ workflowId }) => workflowId);
  const open = new Set(await listOpenAt(db, ids, at));
  return runs.filter(({ workflowId }) => open.has(workflowId));
}
