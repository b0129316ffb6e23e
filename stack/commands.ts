import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SetupFailure } from './failure.ts';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 32 * 1024 * 1024;

type CommandOptions = { timeoutMs: number; signal: AbortSignal; env?: NodeJS.ProcessEnv };

/**
 * Runs a tool to its end.
 * @param install what to do when the tool is missing; becomes the end of the one sentence that is printed.
 * @throws SetupFailure when the tool is missing, Error with the tool's last output when it fails or takes too long.
 */
export async function runCommand(tool: string, args: string[], install: string, options: CommandOptions) {
  try {
    const { timeoutMs: timeout, signal, env = process.env } = options;
    return await run(tool, args, { timeout, signal, env, maxBuffer: MAX_OUTPUT_BYTES });
  } catch (cause) {
    options.signal.throwIfAborted();
    const failed = cause as NodeJS.ErrnoException & { stderr?: string; stdout?: string };
    if (failed.code === 'ENOENT') throw new SetupFailure(`\`${tool}\` is missing: ${install}.`, { cause });
    const lines = `${failed.stdout ?? ''}${failed.stderr ?? ''}`.trim().split('\n').slice(-15);
    throw new Error(`\`${tool} ${args.join(' ')}\` failed:\n${lines.join('\n')}`, { cause });
  }
}

/** True where a tool can be started at all; `probe` are arguments with which it ends at once. */
export async function isInstalled(tool: string, probe: string[]): Promise<boolean> {
  return run(tool, probe, { timeout: 30_000 }).then(
    () => true,
    () => false,
  );
}
