import type { Report } from './run.ts';
import type { Scenario } from './scenario.ts';

const HEAD = [
  'scenario',
  'fault',
  'seeds',
  'hits',
  'runs that it missed',
  'retries',
  'compensated (asked for)',
  'requests: final, refused, unknown',
  'invariants',
  'seconds',
];

/** What follows a reason in the list of a run's failures. */
export const LOGS = 'logs: ';

/** The fault hit nothing, and that is all that is amiss: the run shows nothing either way. */
export function isMiss({ hits, failures, verdicts }: Report): boolean {
  return hits === 0 && verdicts.length > 0 && reasonsOf(failures).length === 1;
}

function reasonsOf(failures: readonly string[]): string[] {
  return failures.filter((one) => !one.startsWith(LOGS));
}

/** One line for the person at the keyboard. */
export function oneLine(report: Report): string {
  const { scenario, seed, hits, retries, compensations, note } = report;
  const parts = [
    `${hits} hits`,
    `${retries} retries`,
    `${compensations.caused} compensated (${compensations.asked} asked for)`,
    `${requestsOf([report]).join('/')} final/refused/unknown`,
    invariantsOf([report]),
    `${(report.tookMs / 1000).toFixed(1)} s`,
    ...(note === null ? [] : [note]),
  ];
  return `${scenario.padEnd(4)} seed ${seed}  ${parts.join(' · ')}: ${endOf(report)}`;
}

function endOf(report: Report): string {
  const { failures } = report;
  if (failures.length === 0) return 'passed';
  return isMiss(report) ? reasonsOf(failures).join() : `FAILED\n  ${failures.join('\n  ')}`;
}

/** The table for docs/RELIABILITY.md: a row for each scenario, its seeds added up; of a run that missed, that it did. */
export function toMarkdown(reports: readonly Report[]): string {
  const ids = [...new Set(reports.map(({ scenario }) => scenario))];
  const rows = ids.map((id) => toRow(reports.filter(({ scenario }) => scenario === id)));
  const lines = [HEAD, HEAD.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return lines.join('\n');
}

/** What each scenario counts as a hit, below the table. */
export function hitsToMarkdown(scenarios: readonly Scenario[]): string {
  return ['A hit is:', '', ...scenarios.map(({ id, hit }) => `- ${id}: ${hit}.`)].join('\n');
}

function toRow(all: readonly Report[]): string[] {
  const { scenario, title } = all[0]!;
  const reports = all.filter((one) => !isMiss(one));
  const caused = sum(reports, ({ compensations }) => compensations.caused);
  const asked = sum(reports, ({ compensations }) => compensations.asked);
  return [
    scenario,
    title,
    String(reports.length),
    String(sum(reports, ({ hits }) => hits)),
    String(all.length - reports.length),
    String(sum(reports, ({ retries }) => retries)),
    `${caused} (${asked})`,
    requestsOf(reports).join(', '),
    invariantsOf(reports),
    (sum(reports, ({ tookMs }) => tookMs) / 1000).toFixed(0),
  ];
}

function requestsOf(reports: readonly Report[]): number[] {
  return [
    sum(reports, ({ requests }) => requests.final),
    sum(reports, ({ requests }) => requests.refused),
    sum(reports, ({ requests }) => requests.unknown),
  ];
}

/** How many held, on how many looks: none of them may have looked at nothing. */
function invariantsOf(reports: readonly Report[]): string {
  const all = reports.flatMap(({ verdicts }) => verdicts);
  const violated = [...new Set(all.filter(({ ok }) => !ok).map(({ invariant }) => invariant))];
  if (violated.length > 0) return `${violated.join(', ')} violated`;
  const held = new Set(all.map(({ invariant }) => invariant)).size;
  return `${held} held, ${sum(all, ({ checked }) => checked)} checks`;
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
