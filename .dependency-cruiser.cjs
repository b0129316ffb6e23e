// The table of rooms in docs/ARCHITECTURE.md, as rules: what each room may import, and no cycles.
const ROOMS = 'domain|dispatch|workflows|activities|sql|projector|api|platform|cli|stack|bench|test';

/** A room may import itself and the rooms named; anything else of ours is an error. */
function room(name, mayImport) {
  const allowed = [name, ...mayImport].join('|');
  return {
    name: `${name}-imports`,
    severity: 'error',
    comment: `${name}/ may import only: ${[name, ...mayImport].join(', ')}`,
    from: { path: `^${name}/`, pathNot: '\\.test\\.ts$' },
    to: { path: `^(${ROOMS}|(main|compose)\\.ts)`, pathNot: `^(${allowed})/` },
  };
}

/** A room may import the types of another, but none of its code. */
function typesOnly(from, to) {
  return {
    name: `${from}-types-only-of-${to}`,
    severity: 'error',
    from: { path: `^${from}/`, pathNot: '\\.test\\.ts$' },
    to: { path: `^${to}/`, dependencyTypesNot: ['type-only'] },
  };
}

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    room('domain', []),
    {
      name: 'domain-is-pure',
      severity: 'error',
      comment: 'domain/ runs inside the workflow sandbox: no Node, no packages',
      from: { path: '^domain/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: '^domain/' },
    },
    room('dispatch', ['domain', 'sql', 'platform', 'workflows']),
    typesOnly('dispatch', 'workflows'),
    room('workflows', ['domain', 'activities']),
    typesOnly('workflows', 'activities'),
    room('activities', ['domain', 'sql', 'platform']),
    room('sql', ['domain', 'platform']),
    room('projector', ['domain', 'sql', 'platform']),
    room('api', ['domain', 'sql', 'dispatch', 'platform']),
    room('platform', []),
    room('stack', ['platform']),
    {
      name: 'production-does-not-import-tests',
      severity: 'error',
      from: {
        path: '^(domain|dispatch|workflows|activities|sql|projector|api|platform|cli|(main|compose)\\.ts)',
        pathNot: '\\.test\\.ts$',
      },
      to: { path: '^(test|bench)/|\\.test\\.ts$' },
    },
    {
      name: 'roles-do-not-import-stack',
      severity: 'error',
      from: {
        path: '^(domain|dispatch|workflows|activities|sql|projector|api|platform|(main|compose)\\.ts)',
        pathNot: '\\.test\\.ts$',
      },
      to: { path: '^stack/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^\\.stryker-tmp' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
