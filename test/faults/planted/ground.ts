import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startStack } from '../../../stack/stack.ts';
import { freePorts, ownFolder } from '../../own-folder.ts';
import { copyCheckout } from './copy.ts';
import type { Ground } from './run-tests.ts';

const PREFIX = 'remit-test-planted-';

/**
 * Makes a copy of the checkout and, where tests need real parts, one stack for all runs; does the work on it and
 * removes both. What a killed run leaves is removed by the next one, and by the next test run (test/global-setup.ts).
 */
export async function onGround<T>(
  options: { readonly root: string; readonly parts: boolean; readonly signal: AbortSignal },
  work: (ground: Ground) => Promise<T>,
): Promise<T> {
  const { root, parts, signal } = options;
  const folder = await ownFolder(PREFIX);
  const dir = join(folder.dir, 'checkout');
  try {
    await mkdir(dir);
    await copyCheckout(root, dir);
    if (!parts) return await work({ dir, env: {}, signal });
    const stack = await startStack({ dir: folder.dir, ports: await freePorts(), env: process.env, signal });
    try {
      return await work({ dir, env: stack.env, signal });
    } finally {
      await stack.down();
    }
  } finally {
    await folder.remove();
  }
}
