import { defineConfig } from 'vitest/config';

/** The simulator alone: it runs the workflows of this checkout, mutants included, in Temporal's sandbox. */
export default defineConfig({
  test: {
    name: 'saga',
    include: ['test/faults/mutation/saga.check.ts'],
    exclude: ['**/node_modules/**'],
    testTimeout: 600_000,
    hookTimeout: 300_000,
  },
});
