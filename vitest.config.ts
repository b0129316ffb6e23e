import { defineConfig } from 'vitest/config';

const never = ['**/node_modules/**', '.remit/**', '.stryker-tmp/**'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          setupFiles: 'test/proofs/setup.ts',
          include: ['**/*.test.ts'],
          exclude: [...never, '**/*.int.test.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'int',
          include: ['**/*.int.test.ts'],
          exclude: never,
          globalSetup: 'test/global-setup.ts',
          setupFiles: 'test/proofs/setup.ts',
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // The parts need the cores too: more files at once make each of them slower, and time-outs likely.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
    // Ending Kafka in order takes longer than the default.
    teardownTimeout: 60_000,
  },
});
