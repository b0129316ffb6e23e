/** What Stryker puts before a mutated file, to learn which mutant is under test. */
const ASKS = /g\.__stryker__ \|\| \(g\.__stryker__ = \{\s*\}\)/g;

/**
 * Stryker says which mutant is under test by a global of Node's, which workflows cannot see: their sandbox has globals
 * of its own, and freezes them. `URL` is one that comes from outside, and so does the `Function` that made it, whose
 * functions see Node's globals. Code that is not mutated stays as it is.
 */
export function carryMutant(code: string): string {
  return code.replace(ASKS, () => `URL.constructor('return globalThis.__stryker__')()`);
}
