import type { Verdict } from './plant.ts';

/** A verdict as one line of a terminal. */
export function toLine({ bug, caught, by, why, tookMs }: Verdict): string {
  return `${caught ? 'caught  ' : 'MISSED  '} ${bug.name} | ${bug.wrong} | ${by} | ${seconds(tookMs)}\n         ${why}`;
}

/** The verdicts as a table of docs/RELIABILITY.md, and the count under it. */
export function toMarkdown(verdicts: readonly Verdict[]): string {
  const head = [
    '| bug | what it does wrong | it breaks | caught by | time |',
    '| --- | --- | --- | --- | --- |',
  ];
  const rows = verdicts.map(({ bug, by, tookMs }) =>
    ['', `\`${bug.name}\``, bug.wrong, bug.breaks, by, seconds(tookMs), ''].join(' | ').trim(),
  );
  const caught = verdicts.filter((verdict) => verdict.caught).length;
  return [...head, ...rows, '', `planted: ${caught} of ${verdicts.length} caught`].join('\n');
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
