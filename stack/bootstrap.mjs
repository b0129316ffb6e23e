// Runs a TypeScript entry on a fresh clone: installs the packages first when they are missing or out of date.
// It may import nothing but Node, for it is what runs before there are packages.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const [entry, ...rest] = process.argv.slice(2);

requireNode();
process.chdir(ROOT);
if (!isInstalled()) install();
process.argv = [process.argv[0], resolve(ROOT, entry), ...rest];
// In this same process, so that signals and the exit code need no passing on.
const { register } = await import('tsx/esm/api');
register();
await import(pathToFileURL(process.argv[1]).href);

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const fits = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
  if (!fits)
    fail(`Remit needs Node 20.19 or 22.12 and newer, and this is ${process.versions.node}: install one.`);
}

/** Compares what is installed with the lock file; times say nothing, for git and npm both touch files. */
function isInstalled() {
  const wanted = packagesOf('package-lock.json');
  const found = packagesOf(join('node_modules', '.package-lock.json'));
  const required = Object.entries(wanted).filter(([path, entry]) => path !== '' && !entry.optional);
  return required.every(([path, entry]) => found[path]?.version === entry.version);
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(join(ROOT, file), 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}

/**
 * Takes the versions of the lock file and writes nothing to it. `npm ci` would refuse the lock file where a
 * registry lacks the packages for other platforms, which this machine does not need.
 */
function install() {
  console.log('packages  installing with npm …');
  const begun = Date.now();
  const { status } = spawnSync('npm', ['install', '--no-save', '--no-progress'], { stdio: 'inherit' });
  if (status !== 0) fail('Installing the packages failed: mend what npm says above and start again.');
  console.log(`packages  installed in ${((Date.now() - begun) / 1000).toFixed(1)} s`);
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
