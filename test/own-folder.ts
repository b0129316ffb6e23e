import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claim, removeFolder } from '../stack/launcher.ts';
import { freePort } from '../stack/ports.ts';

/** A temporary folder for a stack of one's own, of which this process is the launcher. */
export type OwnFolder = { readonly dir: string; remove(): Promise<void> };

/** Makes one, after removing those with this prefix whose process was killed, with what still ran in them. */
export async function ownFolder(prefix: string): Promise<OwnFolder> {
  await removeAbandoned(prefix);
  const dir = await mkdtemp(join(tmpdir(), prefix));
  const release = await claim(dir);
  return {
    dir,
    async remove() {
      await release();
      await removeFolder(dir);
    },
  };
}

/** Ports that were free a moment ago. */
export async function freePorts() {
  const [postgres, kafka, temporal, temporalUi] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  return { postgres, kafka, temporal, temporalUi };
}

async function removeAbandoned(prefix: string): Promise<void> {
  const names = await readdir(tmpdir());
  for (const name of names.filter((found) => found.startsWith(prefix))) {
    // A folder whose launcher lives belongs to a test run beside this one.
    await removeFolder(join(tmpdir(), name)).catch(() => undefined);
  }
}
