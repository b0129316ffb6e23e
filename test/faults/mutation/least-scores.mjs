/**
 * By area, the least score (percent) that passes: a little under what was measured last, so that new code without tests
 * fails; null where it was not measured yet, which passes nothing.
 */
export const LEAST_SCORES = { domain: 88, saga: null, projector: null };
