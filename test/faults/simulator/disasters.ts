import { PARTITIONS } from './broker.ts';
import type { FaultKind } from './faults.ts';
import { type House, type Run, TENANT } from './house.ts';
import type { Operation } from './workload.ts';
import type { Process } from './world.ts';

/** When something may go wrong that concerns everything at once. */
const SPAN_MS = 20_000;

/** Plans the faults that befall whole processes and parts, and starts the projectors. Returns what stops them all. */
export function planDisasters(run: Run, house: House, operations: readonly Operation[]): () => void {
  const { world, chance, faults } = run;
  const { server, store, read, attempts, broker } = house;
  const projectors: Process[] = [];
  let count = 0;
  const startProjector = (consumes: boolean) => {
    const process = house.project(`projector-${count++}`, consumes);
    projectors.push(process);
    return process;
  };
  let current = startProjector(true);
  if (chance.fraction('standby') < 0.4) startProjector(false);

  /** `happen` says whether there was anything to befall: a fault that changes nothing does not count. */
  const inflict = (kind: FaultKind, place: string, probability: number, happen: () => boolean) => {
    if (faults.strikes(kind, place, probability) && happen()) faults.count(kind);
  };
  const sometimes = (kind: FaultKind, probability: number, happen: () => unknown) => {
    for (const time of [0, 1]) {
      const place = `${time}`;
      const atMs = chance.between(`${kind}/at/${place}`, 100, SPAN_MS);
      world.after(atMs, () =>
        inflict(kind, place, probability, () => {
          world.note(kind);
          return happen() !== false;
        }),
      );
    }
  };
  const outage = (kind: FaultKind) => world.now() + chance.between(`${kind}/ms`, 500, 30_000);
  sometimes('Postgres away', 0.1, () => store.outageUntil(outage('Postgres away')));
  sometimes('read tables away', 0.1, () => read.outageUntil(outage('read tables away')));
  sometimes('Temporal away', 0.1, () => server.awayUntil(outage('Temporal away')));
  sometimes('Temporal wiped', 0.08, () => server.wipe());
  sometimes('worker killed', 0.1, () => {
    attempts.killWorker();
    server.killWorker();
  });
  sometimes('offsets lost', 0.1, () => broker.loseOffsets());
  sometimes('garbage sent', 0.08, () => broker.sendGarbage(chance.between('garbage', 0, PARTITIONS - 1)));
  sometimes('lead lost unnoticed', 0.2, () =>
    store.cutLeader(chance.pick(`lead/${world.now()}`, ['relay', 'sequencer'])),
  );
  sometimes('projector killed', 0.25, () => {
    kill(current);
    current = startProjector(true);
  });
  for (const { id, atMs, request } of operations) {
    if (request.type !== 'transfer') continue;
    const workflowId = `${TENANT}/transfer/${request.transferId}`;
    world.after(atMs + chance.between(`cancelled/${id}`, 10, 600), () =>
      inflict('workflow cancelled', `${id}`, 0.05, () => server.cancel(workflowId)),
    );
    world.after(atMs + chance.between(`terminated/${id}`, 10, 600), () =>
      inflict('workflow terminated', `${id}`, 0.04, () => server.terminate(workflowId)),
    );
  }
  return () => {
    for (const process of projectors) kill(process);
  };

  function kill(process: Process): void {
    process.alive = false;
    store.cut(process.name);
    read.cut(process.name);
  }
}
