/** Stryker keeps one vitest for all mutants, and with it the parts that `globalSetup` starts. */
const vitest = (configFile) => ({
  testRunner: 'vitest',
  vitest: { configFile, related: false },
  coverageAnalysis: 'perTest',
});

/** What is mutated, and what must notice. */
export const AREAS = {
  domain: {
    what: 'all of `domain/`',
    by: 'the unit tests of `domain/`',
    mutate: ['domain/**/*.ts', '!domain/**/*.test.ts'],
    runner: vitest('test/faults/mutation/domain.vitest.ts'),
  },
  saga: {
    what: 'the transfer workflow and its steps (`workflows/`)',
    by: 'replay of the recorded histories, seeds of the simulator',
    mutate: ['list-portion', 'range-portion', 'saga', 'steps', 'transfer'].map(
      (name) => `workflows/${name}.ts`,
    ),
    // Coverage cannot be seen from outside the workflows' sandbox: every mutant meets all of them.
    runner: { testRunner: 'workflows', coverageAnalysis: 'off' },
  },
  projector: {
    what: 'what applies events to the read tables (`projector/`)',
    by: 'the tests of `projector/` that apply events, on real Postgres',
    mutate: [
      ...['apply', 'apply-chunk', 'balances', 'cursor', 'delivery', 'isolate', 'journal', 'projection'],
      ...['transactions', 'transfers', 'follow-store'],
    ].map((name) => `projector/${name}.ts`),
    runner: vitest('test/faults/mutation/projector.vitest.ts'),
  },
};
