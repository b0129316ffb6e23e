import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { countAborted, lookForWrites } from '../backends.ts';
import type { Scenario } from '../scenario.ts';

const ROUNDS = 3;
const BEFORE_MS = [500, 2_000] as const;
const DOWN_MS = [200, 3_000] as const;

/** Postgres dies as by a power cut, in the middle of transactions; what it had acknowledged must be there again. */
export const postgresKilled: Scenario = {
  id: 'F5',
  title: 'Postgres killed, postmaster and backends, and started again on its data',
  hit: 'a transaction that had written right before Postgres was killed, and that it did not have as committed when it was back',
  async inflict({ chance, db, fleet, parts, killPart, startPart }) {
    let [hits, written] = [0, 0];
    for (let round = 0; round < ROUNDS; round += 1) {
      await sleep(chance.between(...BEFORE_MS));
      const postmaster = parts.postgres.pid();
      if (postmaster === undefined) throw new Error('Postgres does not run');
      // Remit is within transactions that have written.
      const transactions = await lookForWrites(db, fleet.names());
      await killAll(postmaster, killPart);
      await sleep(chance.between(...DOWN_MS));
      await startPart('postgres');
      hits += await countAborted(db, transactions);
      written += transactions.length;
    }
    return { hits, note: `${written} transactions had written` };
  },
};

/** A backend that outlived its postmaster would go on writing: a power cut leaves none. */
async function killAll(postmaster: number, killPart: (name: 'postgres') => Promise<void>): Promise<void> {
  const backends = await childrenOf(postmaster);
  const killed = killPart('postgres');
  for (const pid of backends) killIfThere(pid);
  await killed;
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

/** It may have ended by itself when it saw that the postmaster is gone. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
