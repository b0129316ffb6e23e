import { collectAsked } from './asked.ts';
import type { Fact, History } from './history.ts';
import { judgeHistory } from './judge.ts';
import type { GivenUp, Observation } from './load.ts';
import { historyOf, STATUSES, WORLD } from './made-up.ts';

/** What is planted in the world: a change of its events, of what clients saw, or of what Remit says. */
type Planted = {
  readonly facts?: (facts: readonly Fact[]) => readonly Fact[];
  readonly observations?: (seen: readonly Observation[]) => readonly Observation[];
  readonly history?: (history: History) => History;
  readonly statuses?: ReadonlyMap<string, string | null>;
  readonly mayGiveUp?: readonly GivenUp[];
};

/** Violations by invariant, of the world with something planted in it. */
export function violations({
  facts,
  observations,
  history,
  statuses = STATUSES,
  mayGiveUp = [],
}: Planted): Record<string, string> {
  const world = {
    facts: facts?.(WORLD.facts) ?? WORLD.facts,
    observations: observations?.(WORLD.observations) ?? WORLD.observations,
  };
  const told = historyOf(world, statuses);
  const verdicts = judgeHistory({
    observations: world.observations,
    asked: collectAsked(world.observations),
    history: history?.(told) ?? told,
    times: { healedAt: 0, lookedAt: 100_000 },
    plantedLetters: 0,
    mayGiveUp,
  });
  const wrong = verdicts.filter(({ ok }) => !ok);
  return Object.fromEntries(wrong.map(({ invariant, violation }) => [invariant, violation ?? '']));
}

/** Adds events. */
export const add =
  (...more: Fact[]) =>
  (facts: readonly Fact[]) => [...facts, ...more];
/** Adds observations. */
export const see =
  (...more: Observation[]) =>
  (seen: readonly Observation[]) => [...seen, ...more];
/** Puts observations or events in the place of those that fit. */
export const replace =
  <One>(fits: (one: One) => boolean, ...instead: One[]) =>
  (all: readonly One[]) => [...all.filter((one) => !fits(one)), ...instead];
/** That event of that transfer. */
export const is = (transferId: string, type: string) => (one: Fact) =>
  one.transferId === transferId && one.type === type;
/** Requests with that id. */
export const asks = (id: string) => (seen: Observation) => seen.body?.id === id;
