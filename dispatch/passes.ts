import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../platform/log.ts';
import { checkTemporal, type TemporalClient } from '../platform/temporal.ts';

/** Rows handled in one pass: a long outage's backlog is worked off in passes, never loaded whole. */
const PASS_SIZE = 200;
/** Handled at once. */
const CONCURRENCY = 20;

export type Passes<Row> = {
  readonly name: string;
  readonly temporal: () => TemporalClient;
  readonly log: Logger;
  readonly intervalMs: number;
  /** Takes rows that are due and moves their next look on. */
  readonly take: (limit: number) => Promise<readonly Row[]>;
  /** Must not throw: one row keeps no other from its turn. */
  readonly handle: (row: Row) => Promise<void>;
};

/** Makes passes over due rows until `signal` aborts, by design as long as the process runs; a failed pass is followed by the next. */
export async function runPasses<Row>(passes: Passes<Row>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const found = await pass(passes, signal).catch((error) => {
      passes.log.warn({ err: error, loop: passes.name }, 'a pass failed; the next one tries again');
      return 0;
    });
    const pauseMs = found === PASS_SIZE ? 0 : passes.intervalMs;
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

/** One pass; returns how many rows it took. Takes none while Temporal is away, so that no wait grows. */
async function pass<Row>({ take, handle, temporal }: Passes<Row>, signal: AbortSignal): Promise<number> {
  await checkTemporal(temporal());
  // What is taken is put off: a loop that is to end takes nothing that it would not handle.
  if (signal.aborted) return 0;
  const rows = await take(PASS_SIZE);
  for (let at = 0; at < rows.length && !signal.aborted; at += CONCURRENCY) {
    await Promise.all(rows.slice(at, at + CONCURRENCY).map(handle));
  }
  return rows.length;
}
