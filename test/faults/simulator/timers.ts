import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';
import type { World } from './world.ts';

type Options = { signal?: AbortSignal };

/** The world whose tasks sleep in simulated time; everything outside a task sleeps as ever. */
let active: World | null = null;
let patched = false;

/** Lets the tasks of a world sleep in its time: the shipped code's timers and jitter are the seed's then. */
export function simulateTimers(world: World): () => void {
  patch();
  active = world;
  const random = Math.random;
  Math.random = () => (active?.current() === undefined ? random() : 0.5);
  return () => {
    active = null;
    Math.random = random;
  };
}

function patch(): void {
  if (patched) return;
  patched = true;
  const real = { promised: timers.setTimeout, global: globalThis.setTimeout };
  const promised = <T>(ms?: number, value?: T, options: Options = {}): Promise<T | undefined> => {
    const world = active;
    if (world?.current() === undefined) return real.promised(ms, value, options);
    return sleep(world, ms ?? 1, options.signal).then(() => value);
  };
  const global = (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
    const world = active;
    if (world?.current() === undefined) return real.global(run, ms, ...args);
    // What the callers of these timers do with them: keep them, and clear them once they do not matter.
    let cleared = false;
    void world.sleep(ms ?? 1, false).then(() => {
      if (!cleared) run(...args);
    });
    return {
      unref: () => undefined,
      ref: () => undefined,
      [Symbol.dispose]() {
        cleared = true;
      },
    };
  };
  Object.assign(timers, { setTimeout: promised });
  Object.assign(globalThis, { setTimeout: Object.assign(global, real.global) });
  syncBuiltinESMExports();
}

function sleep(world: World, ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return Promise.reject(new DOMException('The operation was aborted', 'AbortError'));
  return new Promise((resolve, reject) => {
    const abort = () => reject(new DOMException('The operation was aborted', 'AbortError'));
    signal?.addEventListener('abort', abort, { once: true });
    void world.sleep(ms, true).then(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
  });
}
