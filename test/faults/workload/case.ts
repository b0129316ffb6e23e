import type { Effects } from './effects.ts';
import type { History } from './history.ts';
import type { GivenUp } from './load.ts';
import type { Ledger } from './model.ts';
import type { Windows } from './windows.ts';

/** All that the explanation of one wish needs. */
export type Case = {
  readonly history: History;
  readonly ledger: Ledger;
  readonly windows: Windows;
  /** Ways of giving up that the run's fault may bring. */
  readonly mayGiveUp: readonly GivenUp[];
  readonly effectsOf: (id: string) => Effects;
};
