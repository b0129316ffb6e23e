import { createHash } from 'node:crypto';

/**
 * Everything that is left to chance in a run. Each decision has a name of its own, so that it stays the same however
 * many others are made before it: that is what lets a failing run be made smaller.
 */
export type Chance = {
  /** At least 0, below 1. */
  fraction(name: string): number;
  /** A whole number from `least` to `most`, both included. */
  between(name: string, least: number, most: number): number;
  pick<T>(name: string, from: readonly T[]): T;
};

export function createChance(seed: number): Chance {
  const fraction = (name: string) => numberOf(`${seed}/${name}`) / 2 ** 32;
  return {
    fraction,
    between: (name, least, most) => least + Math.floor(fraction(name) * (most - least + 1)),
    pick: (name, from) => from[Math.floor(fraction(name) * from.length)]!,
  };
}

/** 32 bits of a name's digest. */
export function numberOf(name: string): number {
  return createHash('sha1').update(name).digest().readUInt32BE(0);
}
