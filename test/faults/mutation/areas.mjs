/**
 * What is mutated, and the tests that must notice. `breakBelow` is the least score (percent) that passes: a little under
 * what was measured last, so that new code without tests fails.
 */
export const AREAS = {
  domain: {
    what: 'all of `domain/`',
    by: 'the unit tests of `domain/`',
    mutate: ['domain/**/*.ts', '!domain/**/*.test.ts'],
    vitest: 'test/faults/mutation/domain.vitest.ts',
    coverage: 'perTest',
    breakBelow: 88,
  },
  saga: {
    what: 'the transfer workflow and its steps (`workflows/`)',
    by: 'seeds of the simulator',
    mutate: ['list-portion', 'range-portion', 'saga', 'steps', 'transfer'].map(
      (name) => `workflows/${name}.ts`,
    ),
    vitest: 'test/faults/mutation/saga.vitest.ts',
    // Workflows run in a sandbox whose coverage cannot be seen from outside: every mutant meets every seed.
    coverage: 'off',
    breakBelow: null,
  },
  projector: {
    what: 'what applies events to the read tables (`projector/`)',
    by: 'the tests of `projector/` that apply events, on real Postgres',
    mutate: [
      ...['apply', 'apply-chunk', 'balances', 'cursor', 'delivery', 'isolate', 'journal', 'projection'],
      ...['transactions', 'transfers', 'follow-store'],
    ].map((name) => `projector/${name}.ts`),
    vitest: 'test/faults/mutation/projector.vitest.ts',
    coverage: 'perTest',
    breakBelow: null,
  },
};
