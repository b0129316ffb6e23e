import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached } from '../../stack/cache.ts';
import { runCommand } from '../../stack/commands.ts';

const INSTALL_TIMEOUT_MS = 300_000;
const VENV = 'install Python 3.10 or newer with its venv module (Debian: apt-get install python3-venv)';

/** Absolute path of a file beside this one. */
export function besideThis(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/**
 * The Python that has schemathesis, from a virtual environment in the per-user cache, made once for each content
 * of requirements.txt. Run it as `python -m schemathesis.cli`: scripts in a moved environment would not start.
 * @throws SetupFailure without Python's venv module
 */
export async function pythonWithSchemathesis(signal: AbortSignal): Promise<string> {
  const requirements = besideThis('requirements.txt');
  const hash = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 12);
  const folder = await cached(`schemathesis-${hash}`, (made) => install(made, requirements, signal), signal);
  return join(folder, 'bin', 'python');
}

async function install(folder: string, requirements: string, signal: AbortSignal): Promise<void> {
  const options = { timeoutMs: INSTALL_TIMEOUT_MS, signal };
  await runCommand('python3', ['-m', 'venv', folder], VENV, options);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps'];
  await runCommand(join(folder, 'bin', 'python'), [...pip, '-r', requirements], VENV, options);
}
