import { defineConfig } from 'vitest/config';

/** The quick tests of the domain alone: thousands of mutants run them. */
export default defineConfig({
  test: { name: 'domain', include: ['domain/**/*.test.ts'], exclude: ['**/node_modules/**'] },
});
