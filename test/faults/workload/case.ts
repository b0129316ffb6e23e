import type { Effects } from './effects.ts';
import type { History } from './history.ts';
import type { Ledger } from './model.ts';
import type { Windows } from './windows.ts';

/** All that the explanation of one wish needs. */
export type Case = {
  readonly history: History;
  readonly ledger: Ledger;
  readonly windows: Windows;
  readonly effectsOf: (id: string) => Effects;
};
