import { parseArgs } from 'node:util';
import { printFailure, SetupFailure } from '../../stack/failure.ts';
import { writeBlock } from './document.ts';
import { LEAST_SIMULATED, PLANTED_BUGS } from './planted/catalogue.ts';
import { onGround } from './planted/ground.ts';
import { applyPatch } from './planted/patches.ts';
import { plant, requirePassing, type Verdict } from './planted/plant.ts';
import type { PlantedBug } from './planted/planted-bug.ts';
import type { Ground } from './planted/run-tests.ts';
import { requireSound, simulate } from './planted/simulate.ts';
import { toLine, toMarkdown } from './planted/table.ts';

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => stopping.abort(new SetupFailure('Interrupted.')));
}

/** Plants known mistakes, one after the other, in a copy of the checkout, and shows what catches each. */
async function main(): Promise<boolean> {
  const options = { simulator: { type: 'boolean' }, write: { type: 'boolean' } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const simulator = values.simulator ?? false;
  if (values.write && positionals.length > 0)
    throw new SetupFailure('The table is about all planted bugs: leave out their names or --write.');
  const bugs = select(positionals, simulator);
  const parts = !simulator && bugs.some(({ test }) => test.project === 'int');
  const work = (ground: Ground) => plantAll(ground, bugs, simulator);
  const verdicts = await onGround({ root: process.cwd(), parts, signal: stopping.signal }, work);
  const caught = verdicts.filter((verdict) => verdict.caught).length;
  console.log(`\nplanted: ${caught} of ${verdicts.length} caught${simulator ? ' by the simulator' : ''}`);
  const enough = !simulator || positionals.length > 0 || caught >= LEAST_SIMULATED;
  const passed = enough && caught === verdicts.length;
  if (values.write) await write(simulator ? 'planted-simulator' : 'planted', verdicts, passed);
  return passed;
}

/** The table hides nothing: it is written when every bug was caught. */
async function write(block: string, verdicts: readonly Verdict[], passed: boolean): Promise<void> {
  const missed = verdicts.filter(({ caught }) => !caught).map(({ bug }) => bug.name);
  if (!passed) throw new SetupFailure(`Not written: missed ${missed.join(', ') || 'none, but too few ran'}.`);
  await writeBlock('RELIABILITY.md', block, toMarkdown(verdicts));
}

/** All, or those named; with the simulator those that it must catch, or those named. */
function select(names: readonly string[], simulator: boolean): PlantedBug[] {
  const unknown = names.filter((name) => !PLANTED_BUGS.some((bug) => bug.name === name));
  if (unknown.length > 0) {
    const known = PLANTED_BUGS.map(({ name }) => name).join(', ');
    throw new SetupFailure(`There is no planted bug ${unknown.join(', ')}: choose of ${known}.`);
  }
  if (names.length > 0) return PLANTED_BUGS.filter(({ name }) => names.includes(name));
  return PLANTED_BUGS.filter(({ simulated }) => !simulator || simulated);
}

/** Every patch is looked at before the first run, so that one that rotted is told at once. */
async function plantAll(ground: Ground, bugs: readonly PlantedBug[], simulator: boolean): Promise<Verdict[]> {
  for (const { name } of bugs) await applyPatch(ground.dir, name, 'check');
  const attempt = simulator ? simulate : plant;
  await (simulator ? requireSound(ground) : requirePassing(ground, bugs));
  const verdicts: Verdict[] = [];
  for (const bug of bugs) {
    const verdict = await attempt(ground, bug);
    verdicts.push(verdict);
    console.log(toLine(verdict));
  }
  return verdicts;
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  printFailure(error);
  process.exitCode = 1;
}
