import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type Places, readPlaces } from '../log-places.ts';
import type { FaultProxy, Scenario } from '../scenario.ts';

const AWAY_MS = 60_000;
const LOOK_EVERY_MS = 1_000;
const ANSWER_TIMEOUT_MS = 10_000;
/** What waits, waits in Postgres: a projector that gathered it in memory would grow by more than its heap's usual swing. */
const MAX_GROWTH_MB = 200;

/** A network between Remit and Kafka that is gone for a minute, silently or with every connection refused. */
export const kafkaUnreachable: Scenario = {
  id: 'F10',
  title: 'Kafka unreachable for 60 s under load',
  hit: 'an event that was in the log and not sent when the network came back; none had been sent since it went',
  through: ['kafka'],
  async inflict({ chance, db, fleet, load, proxies }) {
    const { kafka } = proxies;
    if (kafka === undefined) throw new Error('this ground has no proxy before Kafka');
    const [pid, api] = [fleet.pid('projector'), fleet.url('front')];
    const before = { final: load.now().final, rssMb: await rssMb(pid) };
    const how = chance.pick(['pause', 'refuse'] as const);
    const seen = await whileAway(kafka, how, async () => ({
      rssMb: await rssMb(pid),
      lag: await smallestLag(api),
      places: await readPlaces(db),
    }));
    const { first, last } = seen;
    const grownMb = seen.rssMb - before.rssMb;
    const finished = load.now().final - before.final;
    // What was acknowledged right before the network went may be noted a moment later, before the first look.
    if (last.relay !== first.relay) throw new Error('the relay went on while Kafka was unreachable');
    if (finished === 0) throw new Error('no request was answered finally while Kafka was unreachable');
    if (seen.lag === 0) throw new Error('GET /api/projections told of no lag while Kafka was unreachable');
    if (grownMb > MAX_GROWTH_MB)
      throw new Error(`the projector grew by ${grownMb} MB while Kafka was unreachable`);
    return {
      hits: Number(last.log - last.relay),
      note:
        `${how === 'pause' ? 'silent' : 'refused'}; ${finished} final answers meanwhile, lag told up to ` +
        `${seen.lag} events, the projector's memory ${grownMb >= 0 ? '+' : ''}${grownMb} MB`,
    };
  },
};

type Look = { readonly rssMb: number; readonly lag: number; readonly places: Places };
/** The most that was seen, and the places of the first look and of the last. */
type Seen = { readonly rssMb: number; readonly lag: number; readonly first: Places; readonly last: Places };

/** Looks once a second. */
async function whileAway(
  kafka: FaultProxy,
  how: 'pause' | 'refuse',
  look: () => Promise<Look>,
): Promise<Seen> {
  const until = Date.now() + AWAY_MS;
  const looks: Look[] = [];
  kafka[how]();
  try {
    while (Date.now() < until) {
      await sleep(LOOK_EVERY_MS);
      looks.push(await look());
    }
  } finally {
    kafka.resume();
  }
  return {
    rssMb: Math.max(...looks.map(({ rssMb }) => rssMb)),
    lag: Math.max(...looks.map(({ lag }) => lag)),
    first: looks[0]!.places,
    last: looks.at(-1)!.places,
  };
}

async function rssMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024);
}

const projections = z.object({ items: z.array(z.object({ lag: z.object({ events: z.int() }) })) });

/** The lag that all projections have at least, as the API tells it. */
async function smallestLag(api: string): Promise<number> {
  const response = await fetch(`${api}/api/projections`, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  if (response.status !== 200) throw new Error(`GET /api/projections answered ${response.status}`);
  const { items } = projections.parse(await response.json());
  return Math.min(...items.map(({ lag }) => lag.events));
}
