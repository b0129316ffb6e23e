/** What Stryker puts before a mutated file, to learn which mutant is under test. */
const ASKS = /g\.__stryker__ \|\| \(g\.__stryker__ = \{\s*\}\)/g;

/**
 * Stryker says which mutant is under test by a global of Node's, which workflows cannot see: their sandbox has globals
 * of its own, and freezes them. So it is written into their code. Code that is not mutated stays as it is.
 */
export function carryMutant(code: string): string {
  const { __stryker__: stryker } = globalThis as { __stryker__?: { activeMutant?: string } };
  return code.replace(ASKS, () => `(${JSON.stringify({ activeMutant: stryker?.activeMutant ?? '' })})`);
}
