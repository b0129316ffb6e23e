import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

const SLOW_MS = [6_000, 9_000] as const;
/** 200 ± 200 ms each way. */
const DELAY = { fromMs: 0, toMs: 400 };

/** A network between Remit and Postgres that has become slow, and unsteady. */
export const postgresSlow: Scenario = {
  id: 'F8',
  title: '200 ± 200 ms to Postgres and back',
  hit: 'a statement that was delayed on its way to Postgres',
  through: ['postgres'],
  loadMs: 12_000,
  async inflict({ chance, load, proxies }) {
    const { postgres } = proxies;
    if (postgres === undefined) throw new Error('this ground has no proxy before Postgres');
    let hits = 0;
    postgres.intercept(() => {
      hits += 1;
      return 'pass';
    });
    const before = load.now();
    postgres.delay(DELAY);
    await sleep(chance.between(...SLOW_MS)).finally(() => {
      postgres.delay(null);
      postgres.intercept(null);
    });
    const after = load.now();
    const answered = after.answered - before.answered;
    return {
      hits,
      note: `${answered} answers meanwhile, ${after.pending - before.pending} of them not final`,
    };
  },
};
