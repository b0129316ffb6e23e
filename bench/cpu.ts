import { readdir, readFile } from 'node:fs/promises';

/** Processor time by process, in milliseconds. */
export type CpuMs = Readonly<Record<string, number>>;

/** The processes that are looked at: a name, and where its tree begins. */
export type Roots = Readonly<Record<string, number>>;

/** What Linux counts in on every machine that Node runs on: 100 ticks a second. */
const MS_PER_TICK = 10;

type Process = {
  readonly pid: number;
  readonly parent: number;
  readonly ownMs: number;
  readonly reapedMs: number;
};

/**
 * How much processor time each tree of processes has used since it began: that of processes that ended is kept by the
 * parent that waited for them, as Postgres does for its connections.
 * @throws where a root does not run
 */
export async function readCpu(roots: Roots): Promise<CpuMs> {
  const processes = await readProcesses();
  return Object.fromEntries(
    Object.entries(roots).map(([name, pid]) => {
      const tree = treeOf(processes, pid, name);
      return [name, tree.reduce((sum, { ownMs, reapedMs }) => sum + ownMs + reapedMs, 0)];
    }),
  );
}

/** What was used between two looks. */
export function usedCpu(from: CpuMs, to: CpuMs): CpuMs {
  return Object.fromEntries(Object.entries(to).map(([name, ms]) => [name, ms - (from[name] ?? 0)]));
}

/** The same shared among `count` things, such as transfers. */
export function cpuEach(used: CpuMs, count: number): CpuMs {
  return Object.fromEntries(Object.entries(used).map(([name, ms]) => [name, ms / Math.max(1, count)]));
}

/**
 * Memory in use, in MiB: resident pages, where those that processes share (Postgres's buffers) count for each by its
 * share, so that a tree's sum is what it takes of the machine.
 */
export async function readMemoryMiB(roots: Roots): Promise<Record<string, number>> {
  const processes = await readProcesses();
  const sums: Record<string, number> = {};
  for (const [name, pid] of Object.entries(roots)) {
    const tree = treeOf(processes, pid, name);
    const sizes = await Promise.all(tree.map((one) => readPssKiB(one.pid)));
    sums[name] = sizes.reduce((sum, kiB) => sum + kiB, 0) / 1_024;
  }
  return sums;
}

async function readPssKiB(pid: number): Promise<number> {
  // A connection's process may end between the look at the tree and this one.
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0);
}

function treeOf(processes: readonly Process[], root: number, name: string): Process[] {
  const tree = processes.filter(({ pid }) => pid === root);
  if (tree.length === 0) throw new Error(`${name} (process ${root}) does not run any more`);
  // What is found is looked through as well: the list grows while it is walked, at most to all processes.
  for (const found of tree) tree.push(...processes.filter(({ parent }) => parent === found.pid));
  return tree;
}

async function readProcesses(): Promise<Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  return stats.flatMap((stat) => (stat === '' ? [] : [processOf(stat)]));
}

function processOf(stat: string): Process {
  // The second field is the command in brackets and may hold anything, so count from the last bracket.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [parent, user, system, reapedUser, reapedSystem] = [1, 11, 12, 13, 14].map((at) => fields[at] ?? 0);
  return {
    pid: Number.parseInt(stat, 10),
    parent: parent!,
    ownMs: (user! + system!) * MS_PER_TICK,
    reapedMs: (reapedUser! + reapedSystem!) * MS_PER_TICK,
  };
}
