import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CACHE = join(ROOT, 'node_modules', '.cache', 'remit');
/** The workflows that Remit ships. */
export const SHIPPED_WORKFLOWS = join(ROOT, 'workflows', 'index.ts');
/** Kept for checkouts that change to and fro. */
const MOST_KEPT = 5;

const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/**
 * The workflows of an index as one script for Temporal's sandbox. Making it takes seconds of processor time, so it is
 * kept in the cache folder under the hash of all that it is made of; where nothing can be written it is made anew.
 */
export async function workflowBundle(workflowsPath = SHIPPED_WORKFLOWS): Promise<{ code: string }> {
  const file = join(CACHE, `workflows-${await hashOfSources(workflowsPath)}.js`);
  const kept = await readFile(file, 'utf8').catch(() => null);
  if (kept !== null) return { code: kept };
  // Loaded once for all workflows of a thread, not for each: nothing in them keeps a state beside the workflow's own.
  const preloadModules = [workflowsPath];
  const { code } = await bundleWorkflowCode({ workflowsPath, preloadModules, logger: quiet });
  await keep(file, code);
  return { code };
}

/** All that may be in the bundle: the index's folder, what workflows share with the rest, versions of packages, and how it is made. */
async function hashOfSources(workflowsPath: string): Promise<string> {
  const hash = createHash('sha256').update(workflowsPath);
  const folders = new Set([dirname(workflowsPath), join(ROOT, 'workflows'), join(ROOT, 'domain')]);
  const files = [join(ROOT, 'package-lock.json'), fileURLToPath(import.meta.url)];
  for (const folder of folders) {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.ts') && !name.includes('.test.'));
    files.push(...names.toSorted().map((name) => join(folder, name)));
  }
  for (const path of files) hash.update(path).update(await readFile(path));
  return hash.digest('hex').slice(0, 32);
}

/** Renamed into place, so that nobody reads half of it. */
async function keep(file: string, code: string): Promise<void> {
  try {
    await mkdir(CACHE, { recursive: true });
    const temporary = `${file}.${process.pid}.tmp`;
    await writeFile(temporary, code);
    await rename(temporary, file);
    await removeOldest();
  } catch (error) {
    const { code: why } = error as NodeJS.ErrnoException;
    if (why !== 'EROFS' && why !== 'EACCES' && why !== 'ENOENT') throw error;
  }
}

async function removeOldest(): Promise<void> {
  const names = (await readdir(CACHE)).filter((name) => name.startsWith('workflows-'));
  const files = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(CACHE, name))).mtimeMs })),
  );
  const old = files.toSorted((a, b) => b.at - a.at).slice(MOST_KEPT);
  await Promise.all(old.map(({ name }) => rm(join(CACHE, name), { force: true })));
}
