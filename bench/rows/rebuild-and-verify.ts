import { runCommand } from '../../stack/commands.ts';
import { until } from '../../stack/wait.ts';
import { type Ceiling, lineOfCeiling, type Window } from '../ceiling.ts';
import { cpuEach, readCpu, usedCpu } from '../cpu.ts';
import type { Ground } from '../ground.ts';
import { ask } from '../http.ts';
import { type Line, perSecond } from '../lines.ts';
import { awaitProjected, readProjections } from '../projected.ts';

const TIMEOUT_MS = 1_800_000;

/**
 * Row f: each projection built anew from the store, in turn with the ceiling, and the proof of the store, in events of the
 * log a second.
 */
export async function rebuildAndVerify(ground: Ground, ceiling: Ceiling): Promise<Line[]> {
  await awaitProjected(ground, 50);
  const { items } = await readProjections(ground);
  const lines: Line[] = [];
  const windows: Window[] = [];
  for (const { name, position } of items) {
    windows.push(await ceiling.measure());
    lines.push(await rebuild(ground, name, position));
  }
  return [...lines, await verify(ground), lineOfCeiling('h.rebuilds', 'rebuilds', windows)];
}

async function rebuild(ground: Ground, name: string, events: number): Promise<Line> {
  const [begun, before] = [performance.now(), await readCpu(ground.roots())];
  await ask('POST', `${ground.api}/api/projections/${name}/rebuild`, 202, {});
  const check = async () => {
    const told = (await readProjections(ground)).items.find((one) => one.name === name)?.rebuild;
    if (told?.status === 'failed') throw new Error(`a rebuild failed: ${told.error}`);
    if (told?.status !== 'completed') throw new Error('rebuilding');
  };
  await until('Rebuilding', check, { timeoutMs: TIMEOUT_MS, everyMs: 20, signal: ground.signal });
  const seconds = (performance.now() - begun) / 1_000;
  const cpuEachMs = cpuEach(usedCpu(before, await readCpu(ground.roots())), events);
  const what = `rebuild of ${name}, ${events.toLocaleString('en-US')} events`;
  return { id: `f.${name}`, what, figures: [perSecond('events', events / seconds)], cpuEachMs };
}

/** As an operator runs it; the rate is its own, without its start. */
async function verify({ env, signal }: Ground): Promise<Line> {
  const args = ['stack/bootstrap.mjs', 'cli/verify.ts'];
  const options = { timeoutMs: TIMEOUT_MS, signal, env: { ...process.env, ...env } };
  const { stdout } = await runCommand(process.execPath, args, 'install Node', options);
  const told = /^Verified: ([\d,]+) events .* ([\d,]+) events\/s/m.exec(stdout);
  if (told === null) throw new Error(`npm run verify did not verify:\n${stdout}`);
  const rate = Number(told[2]!.replaceAll(',', ''));
  return { id: 'f.verify', what: `npm run verify, ${told[1]} events`, figures: [perSecond('events', rate)] };
}
