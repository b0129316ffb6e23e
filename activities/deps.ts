import type { Logger } from '../platform/log.ts';
import type { Pool } from '../platform/postgres.ts';

/** What every activity is made with. The clock is an argument, so that a test may move it. */
export type ActivityDeps = {
  readonly pool: Pool;
  readonly log: Logger;
  readonly now: () => Date;
};
