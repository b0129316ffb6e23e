import type { StackEnv } from '../stack/part.ts';

/** What the global set-up hands to tests with real parts, read with `inject('stack')`. */
export type TestStack = StackEnv & {
  /** Name of the migrated database that tests clone; nobody may connect to it. */
  templateDatabase: string;
};

declare module 'vitest' {
  interface ProvidedContext {
    stack: TestStack;
  }
}
