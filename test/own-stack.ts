import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claim } from '../stack/launcher.ts';
import type { StackEnv } from '../stack/part.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { freePorts } from './own-folder.ts';

/** A whole local stack of one test's own, on a folder that may be started again, backed up and restored. */
export type OwnStack = {
  readonly dir: string;
  readonly env: StackEnv;
  readonly parts: Stack['parts'];
  down(): Promise<void>;
};

/** An empty folder for a stack; `removeFolder` of stack/launcher.ts ends what runs on it and deletes it. */
export function newStackFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'remit-own-'));
}

/** Starts Postgres, Kafka and Temporal on a folder, on free ports. */
export async function startOwnStack(dir: string): Promise<OwnStack> {
  const release = await claim(dir);
  const stack = await startStack({
    dir,
    ports: await freePorts(),
    env: {},
    signal: new AbortController().signal,
  });
  return {
    dir,
    env: stack.env,
    parts: stack.parts,
    async down() {
      await stack.down();
      await release();
    },
  };
}
