/** An area of the code that is mutated. Stryker's configuration is no TypeScript, and neither are the areas it reads. */
export type Area = {
  readonly what: string;
  readonly by: string;
  readonly mutate: readonly string[];
  readonly vitest: string;
  readonly coverage: 'perTest' | 'off';
  readonly breakBelow: number | null;
};
export const AREAS: Readonly<Record<'domain' | 'saga' | 'projector', Area>>;
