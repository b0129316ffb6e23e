import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claim, removeFolder } from '../../../stack/launcher.ts';
import { freePort } from '../../../stack/ports.ts';
import { startStack } from '../../../stack/stack.ts';
import { copyCheckout } from './copy.ts';
import type { Ground } from './run-tests.ts';

/**
 * Makes a copy of the checkout and, where tests need real parts, one stack for all runs; does the work on it and
 * removes both. What a killed run leaves is removed by the next test run (test/global-setup.ts).
 */
export async function onGround<T>(
  options: { readonly root: string; readonly parts: boolean; readonly signal: AbortSignal },
  work: (ground: Ground) => Promise<T>,
): Promise<T> {
  const { root, parts, signal } = options;
  const folder = await mkdtemp(join(tmpdir(), 'remit-test-planted-'));
  const release = await claim(folder);
  const dir = join(folder, 'checkout');
  try {
    await mkdir(dir);
    await copyCheckout(root, dir);
    if (!parts) return await work({ dir, env: {}, signal });
    const stack = await startStack({ dir: folder, ports: await freePorts(), env: process.env, signal });
    try {
      return await work({ dir, env: stack.env, signal });
    } finally {
      await stack.down();
    }
  } finally {
    await release();
    await removeFolder(folder);
  }
}

async function freePorts() {
  return {
    postgres: await freePort(),
    kafka: await freePort(),
    temporal: await freePort(),
    temporalUi: await freePort(),
  };
}
