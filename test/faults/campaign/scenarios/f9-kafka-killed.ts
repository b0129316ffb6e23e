import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../../processes.ts';
import { readPlaces } from '../log-places.ts';
import type { Scenario } from '../scenario.ts';

const BEFORE_MS = [500, 2_000] as const;
const DOWN_MS = [2_000, 8_000] as const;
const BITE_TIMEOUT_MS = 20_000;

/** Kafka dies in the middle of sends and fetches. The log in Postgres keeps what it has not got. */
export const kafkaKilled: Scenario = {
  id: 'F9',
  title: 'Kafka killed, and started again on its data',
  hit: 'an event that was committed while Kafka was away',
  async inflict({ chance, db, killPart, startPart }) {
    await sleep(chance.between(...BEFORE_MS));
    await killPart('kafka');
    const killed = await readPlaces(db);
    await sleep(chance.between(...DOWN_MS));
    await waitFor(
      'something to be committed',
      async () => (await readPlaces(db)).log > killed.log,
      BITE_TIMEOUT_MS,
    );
    const later = await readPlaces(db);
    await startPart('kafka');
    const unsent = later.log - killed.relay;
    return {
      hits: Number(later.log - killed.log),
      note: `${unsent} events that the relay had not sent when it came back`,
    };
  },
};
