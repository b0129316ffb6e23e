import { setTimeout as sleep } from 'node:timers/promises';
import { type Chance, createChance } from '../../../cli/demo/chance.ts';
import { awaitAnswers, createDesk, type Desk, type Wish } from './desk.ts';
import { type Common, draw, remember } from './draw.ts';
import { createKnowledge, type Knowledge } from './knowledge.ts';
import type { LoadOptions, Observation, RunningLoad } from './load.ts';
import { openAccounts } from './open-accounts.ts';

const CLIENTS = 8;
/** Between two requests of a client: some 30 requests a second in all, so that the fault has its share of the machine. */
const PAUSE_MS = { from: 80, to: 320 };
/** How often a client asks for one thing before it leaves it at an unknown answer, and how long it waits in between. */
const TRIES = { max: 4, pauseMs: 400 };

type Client = {
  readonly number: number;
  readonly chance: Chance;
  readonly desk: Desk;
  readonly common: Common;
  /** Versions that this client has seen of each account. */
  readonly knowledge: Knowledge;
  readonly stop: AbortSignal;
};

/**
 * Concurrent clients on few accounts, drawn from the seed.
 * @example const running = createLoad({ chance, addresses, run: 'f1-7' }); await running.open(); running.begin();
 */
export function createLoad({ chance, addresses, run }: LoadOptions): RunningLoad {
  const desk = createDesk(addresses);
  const others = [1, 2, 3, 4, 5, 6, 7].map((at) => `${run}-a${at}`);
  const accounts = { hot: `${run}-hot`, others, closed: `${run}-closed` };
  let drawn = 0;
  const next = () => (drawn += 1);
  const common: Common = { run, accounts, next, wishes: [], completed: [], holds: [] };
  const stopping = new AbortController();
  let working: Promise<void>[] = [];
  const client = (number: number): Client => {
    // Each client draws from a chance of its own, so that what it does does not hang on when others are answered.
    const own = createChance(chance.between(0, 2 ** 31 - 1));
    return { number, chance: own, desk, common, knowledge: createKnowledge(), stop: stopping.signal };
  };
  return {
    load: {
      accounts,
      now: () => desk.now(),
      answered: (more, timeoutMs) => awaitAnswers(desk, more, timeoutMs),
      useAddresses: (urls) => desk.useAddresses(urls),
    },
    open: () => openAccounts(desk, accounts, run),
    begin() {
      working = Array.from({ length: CLIENTS }, (_, number) => work(client(number)));
    },
    async end() {
      stopping.abort();
      await Promise.all(working);
      return desk.observations;
    },
  };
}

async function work(client: Client): Promise<void> {
  const { chance, stop } = client;
  while (!stop.aborted) {
    await act(client);
    await pause(chance.between(PAUSE_MS.from, PAUSE_MS.to), stop);
  }
}

async function act(client: Client): Promise<void> {
  const { number, chance, common, desk, knowledge } = client;
  const plan = draw(chance, common);
  if (plan.kind === 'read') {
    const version = plan.minVersion ? knowledge.versionOf(plan.accountId) : undefined;
    const query = version === undefined ? '' : `?minVersion=${version}`;
    learn(client, await desk.get(number, `/api/accounts/${plan.accountId}${query}`));
    return;
  }
  const twin = plan.twin ? desk.post((number + 1) % CLIENTS, plan.wish, 'wait=5') : null;
  learn(client, await insist(client, plan.wish));
  await twin;
}

/** Sends a wish until its answer is known, as clients do that must know; under the same key, or with the same id. */
async function insist({ number, chance, desk, stop }: Client, wish: Wish): Promise<Observation> {
  const prefer = chance.between(1, 100) <= 15 ? 'respond-async' : 'wait=5';
  // Cash without a key would move twice: nobody may send that again.
  const tries = wish.key !== null || 'id' in wish.body ? TRIES.max : 1;
  for (let tried = 1; ; tried += 1) {
    const seen = await desk.post(number, wish, prefer);
    const known = seen.answer !== null && seen.answer.status < 500;
    if (known || tried >= tries || stop.aborted) return seen;
    await pause(TRIES.pauseMs * tried, stop);
  }
}

/** What a client was told: versions for its next reads, and what others may reverse or capture. */
function learn({ knowledge, common }: Client, seen: Observation): void {
  const told = knowledge.learn(seen);
  if (told?.kind === 'completed') remember(common.completed, told.id);
  if (told?.kind === 'held') remember(common.holds, told.id);
}

/** Returns early when the load ends. */
async function pause(ms: number, stop: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: stop }).catch((error: unknown) => {
    if (!stop.aborted) throw error;
  });
}
