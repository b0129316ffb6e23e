import { zombie } from '../zombies.ts';

/** It wakes up, begins its transaction, and must find the void and do nothing. */
export const zombieBeforeBegin = zombie({
  id: 'F4a',
  title: 'worker stopped before BEGIN, compensation elsewhere, then continued',
  hit: 'a transfer that another worker had compensated when the continued worker came to lock it',
  at: 'begin',
  stopMs: 8_000,
});
