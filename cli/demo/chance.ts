import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Seeded chance: the same seed draws the same. */
export type Chance = {
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  pick<Item>(items: readonly Item[]): Item;
  /** Cents from `low` to `high` as the API wants them: "12.34". */
  euros(low: number, high: number): string;
};

export function createChance(seed: number): Chance {
  const generator = xoroshiro128plus(seed);
  const between = (low: number, high: number) => uniformInt(generator, low, high);
  return {
    between,
    pick(items) {
      const item = items[between(0, items.length - 1)];
      if (item === undefined) throw new Error('there is nothing to pick from');
      return item;
    },
    euros(low, high) {
      const cents = String(between(low * 100, high * 100)).padStart(3, '0');
      return `${cents.slice(0, -2)}.${cents.slice(-2)}`;
    },
  };
}
