import { ledgerOf, openAccount } from '../accounts.ts';
import { runBatches } from '../batch.ts';
import type { Ground } from '../ground.ts';
import { type Line, lineOfLoad } from '../lines.ts';
import { runLoad } from '../load/run-load.ts';
import type { Plan } from '../plan.ts';
import { lineOfBatch } from './batches.ts';
import { spread } from './singles.ts';

const HOT = 'hot';
const CALLERS = [16, 64];
const BATCH = 10_000;

/** Row d: all transfers go into one account, singles and a batch. */
export async function hotAccount(ground: Ground, accounts: readonly string[], plan: Plan): Promise<Line[]> {
  const { warmUpMs, windowMs } = plan;
  await openAccount(ledgerOf(ground.pool), HOT);
  const lines: Line[] = [];
  for (const callers of CALLERS) {
    const job = { ...spread(ground, accounts), to: [HOT], callers, warmUpMs, windowMs };
    const load = await runLoad(job, ground.roots(), ground.signal);
    lines.push(lineOfLoad(`d.${callers}`, `singles into one account, ${callers} callers`, load));
  }
  const times = await runBatches(ground, { size: BATCH, accounts, to: HOT }, plan.batchRuns);
  return [...lines, lineOfBatch('d.batch', 'a batch of 10,000 into one account', BATCH, times)];
}
