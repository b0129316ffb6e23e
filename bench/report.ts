import type { Figure, Line } from './lines.ts';
import type { Target, Verdict } from './targets.ts';

/** What a run came to, as it is written into bench/results/. */
export type Report = {
  readonly mode: 'quick' | 'full';
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly machine: string;
  /** Postgres's settings that decide what a commit is worth. */
  readonly durability: string;
  readonly integrity: string;
  readonly lines: readonly Line[];
  readonly verdicts: readonly Verdict[];
};

/** The table of a run with its targets beside the figures, as Markdown. */
export function toMarkdown({ mode, at, machine, durability, integrity, lines, verdicts }: Report): string {
  const head = `A ${mode} run of ${at.slice(0, 10)} on ${machine}. Postgres: ${durability}. ${integrity}`;
  const rows = lines.map((line) => rowOf(line, verdicts));
  const missed = verdicts.filter(({ met }) => !met);
  const names = missed.map((one) => `- ${one.line}: ${sentenceOf(one)}; the most goes to ${one.bottleneck}`);
  const table = ['| row | what | measured | CPU, ms each | target |', '|---|---|---|---|---|', ...rows].join(
    '\n',
  );
  const closing = names.length === 0 ? 'Every target is met.' : `Missed:\n\n${names.join('\n')}`;
  return `${head}\n\n${table}\n\n${closing}`;
}

function rowOf(line: Line, verdicts: readonly Verdict[]): string {
  const { id, what, cpuEachMs } = line;
  // Row j tells its processor time already, as a share of a core.
  const cpu = id === 'j' ? [] : Object.entries(cpuEachMs ?? {});
  const told = cpu.map(([name, ms]) => `${name} ${round(ms)}`).join(', ');
  const targets = verdicts.filter((verdict) => verdict.line === id).map(sentenceOf);
  return `| ${id} | ${what} | ${figuresOf(line)} | ${told} | ${targets.join('<br>')} |`;
}

/** What a line came to, and what failed in it: `1,284/s, p50 49 ms, p99 90 ms`. */
export function figuresOf({ figures, failed }: Line): string {
  const failures = Object.entries(failed ?? {}).map(([why, count]) => `${why}: ${count} times`);
  return [...figures.map(textOf), ...failures].join(', ');
}

/** `1.9 × of the tuned sample (at least 2): missed` */
function sentenceOf({ name, measured, wanted, unit, met }: Verdict): string {
  const bound = 'atLeast' in wanted ? `at least ${wanted.atLeast}` : `at most ${wanted.atMost}`;
  return `${round(measured)} ${SIGNS[unit]} ${name} (${bound}): ${met ? 'met' : '**missed**'}`;
}

const SIGNS: Readonly<Record<Target['unit'], string>> = { ratio: '×', ms: 'ms', '%': '%' };

function textOf({ label, value, unit }: Figure): string {
  const number = unit === '/s' ? `${round(value)}/s` : `${round(value)} ${unit}`;
  return label === '' ? number : `${label} ${number}`;
}

/** Three digits tell enough of what is measured on a busy machine. */
function round(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}
