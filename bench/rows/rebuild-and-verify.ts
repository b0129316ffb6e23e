import { runCommand } from '../../stack/commands.ts';
import { until } from '../../stack/wait.ts';
import { cpuEach, readCpu, usedCpu } from '../cpu.ts';
import type { Ground } from '../ground.ts';
import { ask } from '../http.ts';
import { type Line, perSecond } from '../lines.ts';
import { awaitProjected, readProjections } from '../projected.ts';

const TIMEOUT_MS = 1_800_000;

/** Row f: all projections built anew from the store, and the proof of the store, in events of the log a second. */
export async function rebuildAndVerify(ground: Ground): Promise<Line[]> {
  await awaitProjected(ground, 50);
  const events = (await readProjections(ground)).items[0]!.position;
  return [await rebuild(ground, events), await verify(ground)];
}

async function rebuild(ground: Ground, events: number): Promise<Line> {
  const { items } = await readProjections(ground);
  const [begun, before] = [performance.now(), await readCpu(ground.roots())];
  for (const { name } of items) await ask('POST', `${ground.api}/api/projections/${name}/rebuild`, 202, {});
  const check = async () => {
    const rebuilds = (await readProjections(ground)).items.map((one) => one.rebuild);
    const failed = rebuilds.find((one) => one?.status === 'failed');
    if (failed) throw new Error(`a rebuild failed: ${failed.error}`);
    if (rebuilds.some((one) => one?.status !== 'completed')) throw new Error('rebuilding');
  };
  await until('Rebuilding', check, { timeoutMs: TIMEOUT_MS, everyMs: 20, signal: ground.signal });
  const seconds = (performance.now() - begun) / 1_000;
  const cpuEachMs = cpuEach(usedCpu(before, await readCpu(ground.roots())), events);
  const what = `rebuild of all ${items.length} projections, ${events.toLocaleString('en-US')} events`;
  return { id: 'f.rebuild', what, figures: [perSecond('events', events / seconds)], cpuEachMs };
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
