import type { Line } from './lines.ts';

/** Transfers a second that the cores are counted for. */
const LOADS = [100, 1_000, 10_000];
const BASES = [
  { line: 'a.adaptive.64', title: 'singles, 64 callers' },
  { line: 'c.10000', title: 'batches of 10,000' },
];
/** It is no part of what runs. */
const GENERATOR = 'load generator';

/** How many cores each part needs for a load, from the processor time that a run measured for one transfer, as Markdown. */
export function capacityOf(lines: readonly Line[]): string {
  return BASES.map(({ line, title }) => tableOf(title, cpuOf(lines, line))).join('\n\n');
}

function cpuOf(lines: readonly Line[], id: string): [name: string, ms: number][] {
  const found = lines.find((line) => line.id === id)?.cpuEachMs;
  if (found === undefined) throw new Error(`nobody measured the processor time of ${id}`);
  return Object.entries(found).filter(([name]) => name !== GENERATOR);
}

function tableOf(title: string, cpu: readonly [name: string, ms: number][]): string {
  const all: [string, number] = ['all', cpu.reduce((sum, [, ms]) => sum + ms, 0)];
  const heads = LOADS.map((load) => `cores for ${load.toLocaleString('en-US')}/s`);
  const rows = [...cpu, all].map(([name, ms]) => {
    const cores = LOADS.map((load) => ((load * ms) / 1_000).toPrecision(2));
    return `| ${[name, `${ms.toPrecision(3)} ms`, ...cores.map((text) => String(Number(text)))].join(' | ')} |`;
  });
  return [
    `| ${[title, 'for one', ...heads].join(' | ')} |`,
    `|---|${'---|'.repeat(LOADS.length + 1)}`,
    ...rows,
  ].join('\n');
}
