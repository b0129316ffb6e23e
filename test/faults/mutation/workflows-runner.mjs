import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { register } from 'tsx/esm/api';

/**
 * A plugin of Stryker: its `workflows` replays the recorded histories with a mutant, and runs it through seeds of the
 * simulator, to the first history that it does not follow, or the first seed that breaks an invariant.
 * All mutants are in the workflows' code together, and the one under test is switched on; so one process opens the
 * databases and bundles the workflows once for all of them. (Stryker starts it anew after one that loops for ever.)
 */
export const strykerPlugins = [{ kind: 'TestRunner', name: 'workflows', factory: createRunner }];

/** So few that hundreds of mutants can meet them; without faults nothing excuses a transfer that is given up. */
const PLANS = [
  ...[1, 2].map((seed) => ({ seed, operations: null, faults: [] })),
  ...Array.from({ length: 40 }, (_, at) => ({ seed: at + 1, operations: null, faults: null })),
];
/** What Stryker's enums say. */
const SUCCESS = 0;
const FAILED = 1;

/** Where mutated code looks which mutant is under test. */
function switchOn(activeMutant) {
  globalThis.__stryker__ = { activeMutant };
}

function createRunner() {
  let simulate;
  let reloadWorkflows;
  let parts;
  let firstNotFollowed;

  async function init() {
    // Stryker works in a copy of the checkout, and this file is loaded from the original.
    const load = (file) => import(pathToFileURL(resolve('test/faults/simulator', file)).href);
    register();
    ({ simulate } = await load('simulation.ts'));
    const opening = await load('parts.ts');
    reloadWorkflows = opening.reloadWorkflows;
    const { createReplays } = await load('../mutation/recorded-replays.ts');
    firstNotFollowed = await createReplays();
    switchOn(undefined);
    parts = await opening.openParts();
  }
  /** The first violation, or null. Code before the mutants asks the global which of them is on (carry-mutant.ts). */
  async function firstViolation() {
    const history = await firstNotFollowed();
    if (history !== null) return history;
    // What a module does when it is loaded, it does once for all workflows of a sandbox.
    parts = await reloadWorkflows(parts);
    for (const plan of PLANS) {
      const { violations } = await simulate(parts, plan);
      if (violations.length > 0) return `seed ${plan.seed}: ${violations[0]}`;
    }
    return null;
  }
  return {
    capabilities: () => ({ reloadEnvironment: true }),
    init,
    async dryRun() {
      const beganMs = performance.now();
      const failureMessage = await firstViolation();
      const timeSpentMs = performance.now() - beganMs;
      const told = { id: 'all', name: 'histories and seeds', timeSpentMs };
      const test =
        failureMessage === null ? { ...told, status: SUCCESS } : { ...told, status: FAILED, failureMessage };
      return { status: 'complete', tests: [test] };
    },
    async mutantRun({ activeMutant }) {
      switchOn(activeMutant.id);
      const failureMessage = await firstViolation();
      if (failureMessage === null) return { status: 'survived', nrOfTests: 1 };
      return { status: 'killed', killedBy: ['all'], failureMessage, nrOfTests: 1 };
    },
  };
}
