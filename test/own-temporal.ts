import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StackEnv } from '../stack/part.ts';
import { freePort } from '../stack/ports.ts';
import type { Progress } from '../stack/progress.ts';
import { createTemporal } from '../stack/temporal.ts';

/** A real Temporal server of one test's own, which may be stopped, wiped and started again at one address. */
export type OwnTemporal = {
  readonly env: Partial<StackEnv>;
  up(): Promise<void>;
  down(): Promise<void>;
  /** Drops its whole state; only while it is down. */
  wipe(): Promise<void>;
  /** Ends it for good. */
  remove(): Promise<void>;
};

const silently: Progress = (_doing, _done, work) => work();

export async function startOwnTemporal(): Promise<OwnTemporal> {
  const dir = await mkdtemp(join(tmpdir(), 'remit-temporal-'));
  const signal = new AbortController().signal;
  const temporal = createTemporal({ dir, port: await freePort(), uiPort: await freePort() });
  await temporal.prepare(silently, signal);
  await temporal.up(silently, signal);
  return {
    env: temporal.env,
    up: () => temporal.up(silently, signal),
    down: () => temporal.down(),
    async wipe() {
      for (const suffix of ['', '-wal', '-shm']) await rm(join(dir, `temporal.db${suffix}`), { force: true });
    },
    async remove() {
      await temporal.down();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
