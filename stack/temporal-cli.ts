import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { cached, cacheRoot, isCached } from './cache.ts';
import { isInstalled, runCommand } from './commands.ts';
import { SetupFailure } from './failure.ts';
import type { Progress } from './progress.ts';

/** As in temporal-cli/go.mod. Later tags carry a replace directive, which holds for nobody but themselves. */
const VERSION = 'v1.5.1';
const MODULE = fileURLToPath(new URL('temporal-cli', import.meta.url));
/** A new version, of the CLI or of its SQLite, needs a new one here, so that the cache is filled anew. */
const KEY = `temporal-cli-${VERSION}-sqlite-v1.44.3`;
const DOWNLOAD = `https://temporal.download/cli/archive/${VERSION}`;
const ANSWER_TIMEOUT_MS = 8_000;
const DOWNLOAD_TIMEOUT_MS = 300_000;
const BUILD_TIMEOUT_MS = 1_200_000;
const GO =
  'install Go 1.21 or later, or set TEMPORAL_CLI to the `temporal` command or TEMPORAL_ADDRESS to a server';

/**
 * Finds Temporal's command: `TEMPORAL_CLI`, then `temporal` on the PATH, then the cache, which is filled from
 * the official download or, where that is refused, by building it with Go (three to five minutes, once).
 * @throws SetupFailure when `TEMPORAL_CLI` cannot run, or when it has to be built and Go is missing.
 */
export async function findTemporal(env: NodeJS.ProcessEnv, progress: Progress, signal: AbortSignal) {
  if (env.TEMPORAL_CLI) return requireRunnable(env.TEMPORAL_CLI);
  const cachedCommand = join(cacheRoot(env), KEY, 'temporal');
  if (await isInstalled('temporal', ['--version'])) return 'temporal';
  if (!(await isCached(KEY, cacheRoot(env)))) {
    await cached(KEY, (folder) => obtain(folder, progress, signal), signal, cacheRoot(env));
  }
  return cachedCommand;
}

async function requireRunnable(command: string): Promise<string> {
  if (await isInstalled(command, ['--version'])) return command;
  throw new SetupFailure(
    `TEMPORAL_CLI is ${command}, which cannot be run: set it to the \`temporal\` command.`,
  );
}

async function obtain(folder: string, progress: Progress, signal: AbortSignal): Promise<void> {
  try {
    await progress('downloading the CLI', 'done', () => download(folder, signal));
  } catch {
    signal.throwIfAborted();
    await progress('building the CLI with Go, 3 to 5 minutes, once', 'done', () => build(folder, signal));
  }
}

async function download(folder: string, signal: AbortSignal): Promise<void> {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const archive = join(folder, 'temporal.tar.gz');
  const response = await fetchAnswer(`${DOWNLOAD}?platform=${process.platform}&arch=${arch}`, signal);
  if (!response.ok || !response.body) throw new Error(`The download answered ${response.status}`);
  await pipeline(Readable.fromWeb(response.body), createWriteStream(archive), {
    signal: AbortSignal.any([signal, AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS)]),
  });
  const unpack = { timeoutMs: DOWNLOAD_TIMEOUT_MS, signal };
  await runCommand('tar', ['-xzf', archive, '-C', folder, 'temporal'], 'install tar', unpack);
  await rm(archive);
  await requireRunnable(join(folder, 'temporal'));
}

/** Only the wait for an answer is short: a machine without a way out must not stand still for minutes. */
async function fetchAnswer(url: string, signal: AbortSignal): Promise<Response> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), ANSWER_TIMEOUT_MS);
  try {
    return await fetch(url, { signal: AbortSignal.any([signal, silence.signal]) });
  } finally {
    clearTimeout(timer);
  }
}

/** Built with low priority, because the other parts start beside it. */
async function build(folder: string, signal: AbortSignal): Promise<void> {
  if (!(await isInstalled('go', ['version']))) throw new SetupFailure(`\`go\` is missing: ${GO}.`);
  const small = ['-trimpath', '-ldflags', '-s -w'];
  const out = ['-o', join(folder, 'temporal'), 'github.com/temporalio/cli/cmd/temporal'];
  const args = ['-n', '10', 'go', 'build', '-C', MODULE, ...small, ...out];
  await runCommand('nice', args, GO, { timeoutMs: BUILD_TIMEOUT_MS, signal });
}
