import { setTimeout as sleep } from 'node:timers/promises';
import { countAborted, lookForWrites } from '../backends.ts';
import { sumHits } from '../rounds.ts';
import type { Scenario } from '../scenario.ts';

const ROUNDS = { least: 3, more: 6 };
const BEFORE_MS = [500, 2_000] as const;
const DOWN_MS = [200, 3_000] as const;

/** Postgres dies as by a power cut, in the middle of transactions; what it had acknowledged must be there again. */
export const postgresKilled: Scenario = {
  id: 'F5',
  title: 'Postgres killed, postmaster and backends, and started again on its data',
  hit: 'a transaction that had written right before Postgres was killed, and that it did not have as committed when it was back',
  async inflict({ chance, db, fleet, killPart, startPart }) {
    let written = 0;
    const hits = await sumHits(ROUNDS, async () => {
      await sleep(chance.between(...BEFORE_MS));
      // Remit is within transactions that have written.
      const { transactions, pids } = await lookForWrites(db, fleet.names());
      const killed = killPart('postgres');
      // A backend that outlived its postmaster would go on writing, and a power cut leaves none. One that began since
      // the look ends by itself: what it reads next is that the postmaster is gone.
      for (const pid of pids) killIfThere(pid);
      await killed;
      await sleep(chance.between(...DOWN_MS));
      await startPart('postgres');
      written += transactions.length;
      return countAborted(db, transactions);
    });
    return { hits, note: `${written} transactions had written` };
  },
};

/** It may have ended by itself when it saw that the postmaster is gone. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
