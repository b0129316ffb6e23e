// Mutation testing of one area: `npm run mutate -- <area>` names it in MUTATE_AREA.
import { AREAS } from './test/faults/mutation/areas.mjs';

const name = process.env.MUTATE_AREA ?? 'domain';
const area = AREAS[name];
if (area === undefined)
  throw new Error(`there is no area ${name}: choose of ${Object.keys(AREAS).join(', ')}`);

function own(plugin) {
  return `./test/faults/mutation/${plugin}.mjs`;
}

export default {
  ...area.runner,
  plugins: ['@stryker-mutator/vitest-runner', ...['sentences', 'workflows-runner'].map(own)],
  mutate: area.mutate,
  ignorers: ['sentences'],
  ignorePatterns: ['.remit', 'reports', 'docs', 'coverage'],
  concurrency: 1,
  // A mutant that loops for ever is ended by this; a machine that is busy with other work must not look like one.
  timeoutMS: 20_000,
  timeoutFactor: 4,
  dryRunTimeoutMinutes: 20,
  reporters: ['json', 'clear-text', 'progress-append-only'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, skipFull: true },
  jsonReporter: { fileName: `reports/mutation/${name}.json` },
  // `npm run mutate` compares the score with the least that the area must have.
  thresholds: { high: 95, low: 85, break: null },
  tempDirName: '.stryker-tmp',
};
