import { until } from '../stack/wait.ts';
import type { Ground } from './ground.ts';
import { ask } from './http.ts';

const TIMEOUT_MS = 1_200_000;

/** What the bench reads of GET /api/projections. */
export type Projections = {
  readonly items: readonly {
    readonly name: string;
    readonly position: number;
    readonly lag: { readonly events: number };
    readonly rebuild: { readonly id: string; readonly status: string; readonly error: string | null } | null;
  }[];
};

export function readProjections({ api }: Pick<Ground, 'api'>): Promise<Projections> {
  return ask<Projections>('GET', `${api}/api/projections`, 200);
}

/** Waits until every committed event is in every read table. */
export function awaitProjected(ground: Pick<Ground, 'api' | 'signal'>, everyMs: number): Promise<void> {
  const check = async () => {
    const behind = (await readProjections(ground)).items.filter(({ lag }) => lag.events > 0);
    if (behind.length > 0) throw new Error(`${behind.map(({ name }) => name).join(', ')} are behind`);
  };
  return until('Projecting', check, { timeoutMs: TIMEOUT_MS, everyMs, signal: ground.signal });
}
