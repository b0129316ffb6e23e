import { createLab, type Lab, openAccount, placeHold, releaseHold } from './lab.ts';
import type { Parts } from './saga-paths.ts';

/** A path through the timer of a hold: what happens before it rings, and how the hold ends. */
export type HoldPath = {
  readonly name: string;
  readonly meanwhile?: (lab: Lab) => Promise<unknown>;
  readonly ends: 'expired' | 'voided';
};

/** Every path of expireHold. A new path belongs here: its history is then recorded and replayed for ever. */
export const HOLD_PATHS: readonly HoldPath[] = [
  { name: 'hold-expired', ends: 'expired' },
  { name: 'hold-voided-before-its-time', meanwhile: (lab) => lab.run(releaseHold('h', 'a')), ends: 'voided' },
];

/** Long enough for the timer to be running when the path goes on. */
const EXPIRES_AFTER_MS = 2_000;

/** Walks a path on real parts. The lab is still open: look at what happened, then close it. */
export async function walkHold(path: HoldPath, parts: Parts) {
  const lab = await createLab(parts);
  await lab.run(openAccount('a', 1000n));
  const expiresAt = new Date(Date.now() + EXPIRES_AFTER_MS).toISOString();
  await lab.run(placeHold('h', 'a', 5n, expiresAt));
  const handle = lab.client.workflow.getHandle(`${lab.tenant}/hold/h`);
  // The reconciler starts it; a released hold's timer is not started any more.
  for (;;) {
    const started = await handle.describe().then(
      () => true,
      () => false,
    );
    if (started) break;
    await new Promise((done) => setTimeout(done, 50));
  }
  await path.meanwhile?.(lab);
  await handle.result();
  return { lab, handle };
}
