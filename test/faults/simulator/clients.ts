import type { Dispatched } from '../../../dispatch/dispatcher.ts';
import { type House, type Run, TENANT } from './house.ts';
import type { Operation } from './workload.ts';

/** What a client heard: an answer, or that it will never know. */
export type Answer = { readonly operation: Operation; readonly dispatched: Dispatched | 'unknown' };

/** How often a client with a key asks again after an error. */
const MOST_TRIES = 12;
const PAUSE_MS = { first: 400, longest: 8_000 } as const;

/** Sends a client's wish, as often as it likes, and hands over what it heard. */
export function sendOperation(
  run: Run,
  house: House,
  operation: Operation,
  heard: (answer: Answer) => void,
): void {
  const { world, chance, faults } = run;
  world.after(operation.atMs, () => void ask(0));
  for (let repeat = 1; repeat <= operation.repeats; repeat += 1) {
    const lateMs = chance.between(`repeat/${operation.id}/${repeat}`, 0, 4_000);
    world.after(operation.atMs + lateMs, () => {
      faults.count('request repeated');
      void ask(repeat);
    });
  }

  async function ask(repeat: number): Promise<void> {
    for (let turn = 0; turn < MOST_TRIES; turn += 1) {
      const dispatched = await tryOnce(`c${operation.id}-${repeat}-${turn}`);
      if (dispatched !== null) return heard({ operation, dispatched });
      if (operation.key === null) return heard({ operation, dispatched: 'unknown' });
      const pauseMs = Math.min(PAUSE_MS.first * 2 ** turn, PAUSE_MS.longest);
      await new Promise<void>((resolve) => world.after(pauseMs, resolve));
    }
    heard({ operation, dispatched: 'unknown' });
  }

  /** Null: the connection was lost, for whatever reason. */
  function tryOnce(name: string): Promise<Dispatched | null> {
    const process = { name: `api-${name}`, alive: true };
    const { request, key } = operation;
    const options = {
      caller: { tenant: TENANT, principal: 'local' },
      route: request.type,
      idempotencyKey: key,
      waitMs: 0,
    };
    return new Promise((resolve) => {
      let answered = false;
      if (faults.strikes('API killed while it answers', name, 0.05)) {
        world.after(chance.between(`killed/${name}`, 5, 120), () => {
          if (answered) return;
          faults.count('API killed while it answers');
          process.alive = false;
          house.store.cut(process.name);
          resolve(null);
        });
      }
      world
        .task({ key: `ask/${name}`, process }, () => house.dispatcher(name).execute(request, options))
        .finally(() => {
          answered = true;
        })
        .then(resolve, (error: unknown) => {
          world.note(`${name} heard ${String(error)}`);
          resolve(null);
        });
    });
  }
}
