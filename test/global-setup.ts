import type { TestProject } from 'vitest/node';
import { startStack } from '../stack/stack.ts';
import { createTemplate, dropTemplate } from './database.ts';
import { freePorts, ownFolder } from './own-folder.ts';

const PREFIX = 'remit-test-';

/**
 * One real stack for all tests with real parts, on free ports and in a temporary folder, so that it runs
 * beside a running `npm start`. Addresses in the environment are used instead of starting a part.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { dir, remove } = await ownFolder(PREFIX);
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

function onInterrupt(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort(new Error('Interrupted')));
  return controller.signal;
}
