import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type CpuMs, cpuEach, type Roots, readCpu, usedCpu } from '../cpu.ts';
import type { Job, LoadMessage, LoadResult } from './job.ts';

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));
/** For its start, and for the requests that are open when the window ends. */
const MARGIN_MS = 120_000;

/** What a load came to, and the processor time that each process took for one of it. */
export type Measured = LoadResult & { readonly cpuEachMs: CpuMs };

/**
 * Runs a load in a process of its own, while the processes under `roots` are looked at.
 * @throws where it takes too long, ends early, or nothing at all succeeded
 */
export async function runLoad(job: Job, roots: Roots, signal: AbortSignal): Promise<Measured> {
  const bound = AbortSignal.any([signal, AbortSignal.timeout(job.warmUpMs + job.windowMs + MARGIN_MS)]);
  const child = fork(CHILD, { execArgv: ['--import', 'tsx'] });
  try {
    child.send(job);
    const { result, used } = await follow(child, roots, bound);
    if (result.done === 0) throw new Error(`nothing succeeded: ${JSON.stringify(result.failed)}`);
    const cpuEachMs = cpuEach({ ...used, 'load generator': result.cpuMs }, result.done);
    return { ...result, cpuEachMs };
  } finally {
    await end(child);
  }
}

/** Looks at the processes when the window begins and when it is over. */
async function follow(child: ChildProcess, roots: Roots, signal: AbortSignal) {
  let [before, used]: CpuMs[] = [{}, {}];
  for await (const [message] of on(child, 'message', { signal, close: ['disconnect'] })) {
    const told = message as LoadMessage;
    if (told.kind === 'begun') before = await readCpu(roots);
    else if (told.kind === 'over') used = usedCpu(before!, await readCpu(roots));
    else return { result: told.result, used: used! };
  }
  throw new Error('the load generator ended before it told its result');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
