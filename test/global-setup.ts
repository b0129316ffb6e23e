import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { claim, removeFolder } from '../stack/launcher.ts';
import { freePort } from '../stack/ports.ts';
import { startStack } from '../stack/stack.ts';
import { createTemplate, dropTemplate } from './database.ts';

const PREFIX = 'remit-test-';

/**
 * One real stack for all tests with real parts, on free ports and in a temporary folder, so that it runs
 * beside a running `npm start`. Addresses in the environment are used instead of starting a part.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeAbandoned();
  const dir = await mkdtemp(join(tmpdir(), PREFIX));
  const release = await claim(dir);
  const remove = async () => {
    await release();
    await removeFolder(dir);
  };
  try {
    const stack = await startStack({
      dir,
      ports: await freePorts(),
      env: process.env,
      signal: onInterrupt(),
    });
    const templateDatabase = await createTemplate(stack.env.DATABASE_URL);
    project.provide('stack', { ...stack.env, templateDatabase });
    return async () => {
      await dropTemplate(stack.env.DATABASE_URL, templateDatabase).catch(console.error);
      await stack.down().finally(remove);
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function freePorts() {
  const [postgres, kafka, temporal, temporalUi] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  return { postgres, kafka, temporal, temporalUi };
}

function onInterrupt(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort(new Error('Interrupted')));
  return controller.signal;
}

/** A test run that was killed leaves its folder and its processes; the next one ends exactly those. */
async function removeAbandoned(): Promise<void> {
  const names = await readdir(tmpdir());
  for (const name of names.filter((found) => found.startsWith(PREFIX))) {
    // A folder whose launcher lives belongs to a test run beside this one.
    await removeFolder(join(tmpdir(), name)).catch(() => undefined);
  }
}
