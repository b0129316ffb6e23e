/** An area of the code that is mutated. Stryker's configuration is no TypeScript, and neither are the areas it reads. */
export type Area = {
  readonly what: string;
  readonly by: string;
  readonly mutate: readonly string[];
  /** Stryker's options that say how the tests are run. */
  readonly runner: Readonly<Record<string, unknown>>;
};
export const AREAS: Readonly<Record<'domain' | 'saga' | 'projector', Area>>;
