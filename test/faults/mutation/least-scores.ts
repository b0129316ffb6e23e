import type { AREAS } from './areas.mjs';

/**
 * By area, the least score (percent) that passes: a little under what was measured last, so that new code without tests
 * fails; null where it was not measured yet, which passes nothing.
 */
export const LEAST_SCORES: Readonly<Record<keyof typeof AREAS, number | null>> = {
  domain: 88,
  saga: 70,
  projector: null,
};
