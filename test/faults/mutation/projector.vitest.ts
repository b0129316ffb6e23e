import { defineConfig } from 'vitest/config';

const names = ['apply.int', 'deliveries.int', 'poison.int', 'projections', 'loops'];

/** The tests that apply events without a running projector: real Postgres, and each within a second or so. */
export default defineConfig({
  test: {
    name: 'projector',
    include: names.map((name) => `projector/${name}.test.ts`),
    exclude: ['**/node_modules/**'],
    globalSetup: 'test/global-setup.ts',
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 60_000,
  },
});
