import { zombie } from '../zombies.ts';

/** It holds its locks until Postgres ends its session (8 s idle in a transaction); its commit then comes too late. */
export const zombieBeforeCommit = zombie({
  id: 'F4b',
  title: 'worker stopped before COMMIT, compensation elsewhere, then continued',
  hit: 'a transfer that was compensated while a worker held the commit of its debit or credit, and whose step failed in that worker when it went on',
  at: 'commit',
  stopMs: 25_000,
});
