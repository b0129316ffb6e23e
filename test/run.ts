import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { printFailure, SetupFailure } from '../stack/failure.ts';
import { portsFromEnv } from '../stack/ports.ts';
import { prepareStack } from '../stack/stack.ts';
import { checkFeatures, writeFeatures } from './proofs/features.ts';

type Check = { name: string; command: string[] };
type Tally = { passed: number; failed: number };
/** Looks at what the tests have proved, in a folder, and answers with what is wrong. */
type Judge = (folder: string, tests: Tally) => Promise<string[]>;
type VitestReport = {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { status: string; assertionResults: unknown[] }[];
};

/** In the order of their price, so that a slip is told within seconds. */
const CHECKS: Check[] = [
  { name: 'biome', command: ['biome', 'ci', '--colors', process.stdout.isTTY ? 'force' : 'off', '.'] },
  { name: 'types', command: ['tsc'] },
  { name: 'rooms', command: ['depcruise', '.'] },
  { name: 'unused', command: ['knip'] },
];

const interrupted = new AbortController();
process.on('SIGINT', () => interrupted.abort(new SetupFailure('Interrupted.')));
process.on('SIGTERM', () => interrupted.abort(new SetupFailure('Interrupted.')));

async function main(args: string[]): Promise<Tally> {
  if (args.includes('--features')) return runTests([], writeProven);
  const passed = await runChecks();
  if (passed < CHECKS.length) return { passed, failed: 1 };
  if (args.includes('--checks')) return { passed, failed: 0 };
  // A part of the tests proves a part of the routes only.
  const tests = await runTests(args, args.length === 0 ? checkFeatures : undefined);
  return { passed: passed + tests.passed, failed: tests.failed };
}

/** Runs the checks until one fails, and answers with how many passed. */
async function runChecks(): Promise<number> {
  for (const [passed, check] of CHECKS.entries()) {
    const code = await runTool(check.command);
    console.log(`check     ${check.name}: ${code === 0 ? 'passed' : 'FAILED'}`);
    if (code !== 0) return passed;
  }
  return CHECKS.length;
}

/**
 * The parts are fetched before vitest starts: a missing tool is then one sentence, and a build shows progress.
 */
async function runTests(args: string[], judge?: Judge): Promise<Tally> {
  const { env } = process;
  await prepareStack({ dir: resolve('.remit'), ports: portsFromEnv(env), env, signal: interrupted.signal });
  const folder = await mkdtemp(join(tmpdir(), 'remit-report-'));
  const report = join(folder, 'report.json');
  const proofs = await mkdtemp(join(folder, 'proofs-'));
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  try {
    const code = await runTool(['vitest', 'run', ...reporters, ...args], { REMIT_PROOFS: proofs });
    const tests = tally(JSON.parse(await readFile(report, 'utf8').catch(() => '{}')), code);
    return judge === undefined ? tests : addFeatures(tests, await judge(proofs, tests));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A run in which tests fail proves too little to be written down. */
async function writeProven(folder: string, { failed }: Tally): Promise<string[]> {
  if (failed > 0) return ['docs/FEATURES.md stays as it is: mend the tests that fail first.'];
  return writeFeatures(folder);
}

/** The check of docs/FEATURES.md counts as one. */
function addFeatures({ passed, failed }: Tally, wrong: string[]): Tally {
  console.log(`check     features: ${wrong.length === 0 ? 'passed' : `FAILED\n${wrong.join('\n')}`}`);
  return wrong.length === 0 ? { passed: passed + 1, failed } : { passed, failed: failed + 1 };
}

/** A file that cannot be loaded counts as one failure, and so does a run that fails for any other reason. */
function tally(report: Partial<VitestReport>, code: number): Tally {
  const files = report.testResults ?? [];
  const unloaded = files.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  const failed = (report.numFailedTests ?? 0) + unloaded.length;
  return { passed: report.numPassedTests ?? 0, failed: code !== 0 && failed === 0 ? 1 : failed };
}

/** Runs a tool of our packages to its end. Ctrl-C reaches it too, so this only waits for it to end. */
async function runTool([name, ...args]: string[], env: Record<string, string> = {}): Promise<number> {
  const tool = resolve('node_modules', '.bin', name!);
  const child = spawn(tool, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', (code) => done(code ?? 1));
  });
}

async function tallyOrFailure(): Promise<Tally> {
  try {
    return await main(process.argv.slice(2));
  } catch (error) {
    printFailure(error);
    return { passed: CHECKS.length, failed: 1 };
  }
}

const { passed, failed } = await tallyOrFailure();
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
