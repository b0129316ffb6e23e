import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { register } from 'tsx/esm/api';

/**
 * A plugin of Stryker: its `simulator` runs a mutant through seeds of the simulator, to the first that breaks an invariant.
 * All mutants are in the workflows' code together, and the one under test is switched on; so one process opens the
 * databases and bundles the workflows once for all of them. (Stryker starts it anew after one that loops for ever.)
 */
export const strykerPlugins = [{ kind: 'TestRunner', name: 'simulator', factory: createRunner }];

/** So few that hundreds of mutants can meet them. */
const SEEDS = 10;
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

  async function init() {
    // Stryker works in a copy of the checkout, and this file is loaded from the original.
    const load = (file) => import(pathToFileURL(resolve('test/faults/simulator', file)).href);
    register();
    ({ simulate } = await load('simulation.ts'));
    const opening = await load('parts.ts');
    reloadWorkflows = opening.reloadWorkflows;
    switchOn(undefined);
    parts = await opening.openParts();
  }
  /** The first violation, or null. Code before the mutants asks the global which of them is on (carry-mutant.ts). */
  async function firstViolation() {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { violations } = await simulate(parts, { seed, operations: null, faults: null });
      if (violations.length > 0) return `seed ${seed}: ${violations[0]}`;
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
      const told = { id: 'seeds', name: `${SEEDS} seeds`, timeSpentMs };
      const test =
        failureMessage === null ? { ...told, status: SUCCESS } : { ...told, status: FAILED, failureMessage };
      return { status: 'complete', tests: [test] };
    },
    async mutantRun({ activeMutant }) {
      switchOn(activeMutant.id);
      // What a module does when it is loaded, it does once for all workflows of a sandbox.
      parts = await reloadWorkflows(parts);
      const failureMessage = await firstViolation();
      if (failureMessage === null) return { status: 'survived', nrOfTests: 1 };
      return { status: 'killed', killedBy: ['seeds'], failureMessage, nrOfTests: 1 };
    },
  };
}
