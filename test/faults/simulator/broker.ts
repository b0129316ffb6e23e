import type { Consumer, EachBatchPayload, Producer } from 'kafkajs';
import type { Kafka } from '../../../platform/kafka.ts';
import type { Chance } from './chance.ts';
import type { Faults } from './faults.ts';
import type { Process, World } from './world.ts';

type Message = { readonly key: Buffer | null; readonly value: Buffer | null; readonly name: string };
type Sent = { readonly key: string | null; readonly value: string; readonly partition?: number };
type Listener = (event: { payload: { error: Error } }) => void;
/** One consumer that has joined; the group has one member at a time. */
type Member = {
  readonly process: Process;
  readonly eachBatch: (payload: EachBatchPayload) => Promise<void>;
  emit(event: string, error?: Error): void;
  gone: boolean;
};

/** A simulated Kafka: one topic, in order within a partition, delivering at least once. */
export type Broker = {
  readonly kafka: Kafka;
  /** The group's offsets are deleted: it begins again. */
  loseOffsets(): void;
  sendGarbage(partition: number): void;
  /** What was held back comes after all. */
  release(): void;
  /** True once every message was consumed and its offset committed. */
  isConsumed(): boolean;
  garbage(): number;
};

export const PARTITIONS = 3;
const MAX_BATCH = 40;

export function createBroker({
  world,
  chance,
  faults,
}: {
  world: World;
  chance: Chance;
  faults: Faults;
}): Broker {
  const partitions: Message[][] = Array.from({ length: PARTITIONS }, () => []);
  const offsets = new Map<number, number>();
  const held: { readonly partition: number; readonly message: Message }[] = [];
  let member: Member | null = null;
  let delivering = false;
  let garbage = 0;
  let sends = 0;
  let fetches = 0;

  function append(partition: number, message: Message): void {
    partitions[partition]!.push(message);
  }

  async function send({ messages }: { messages: readonly Sent[] }): Promise<never[]> {
    const name = `send/${sends++}`;
    await world.sleep(chance.between(`${name}/latency`, 1, 60), false);
    if (faults.hits('send failed', name, 0.04)) throw new Error('the broker did not answer');
    for (const { key, value, partition = 0 } of messages) {
      const message = { key: toBuffer(key), value: toBuffer(value), name: `${key}/${value.length}` };
      const place = `${name}/${key}/${partitions[partition]!.length}`;
      if (faults.hits('message delayed behind later ones', place, 0.03)) {
        held.push({ partition, message });
        continue;
      }
      append(partition, message);
      if (faults.hits('message duplicated', place, 0.04)) append(partition, message);
    }
    world.note(`${name}: ${messages.length}`);
    pump();
    if (faults.hits('acknowledgement lost', name, 0.05)) throw new Error('the acknowledgement was lost');
    return [];
  }

  const positionOf = (partition: number) => offsets.get(partition) ?? 0;

  /** Lets the member have its next fetch, from one partition or from several, as chance has it: so they advance apart. */
  function pump(): void {
    const current = member;
    if (current === null || delivering || current.gone || !current.process.alive) return;
    const ready = partitions.map((_, at) => at).filter((at) => positionOf(at) < partitions[at]!.length);
    if (ready.length === 0) return;
    delivering = true;
    const name = `fetch/${fetches++}`;
    const fetched = ready.filter((at) => chance.fraction(`${name}/of/${at}`) < 0.6);
    if (fetched.length === 0) fetched.push(chance.pick(name, ready));
    world.after(
      chance.between(`${name}/latency`, 1, chance.fraction(`${name}/slow`) < 0.2 ? 1_500 : 50),
      () => {
        // As kafkajs does it: all of them at once, and whatever one of them throws when all have ended.
        const deliver = async () => {
          const settled = await Promise.allSettled(
            fetched.map((partition) => {
              const from = positionOf(partition);
              const batch = partitions[partition]!.slice(from, from + MAX_BATCH);
              return current.eachBatch(payloadOf(current, partition, batch, `${name}/${partition}`));
            }),
          );
          for (const one of settled) if (one.status === 'rejected') throw one.reason;
        };
        world
          .task({ key: name, process: current.process }, deliver)
          .catch((error: Error) => {
            current.gone = true;
            current.emit('consumer.crash', error);
          })
          .finally(() => {
            if (member !== current) return;
            delivering = false;
            world.after(1, pump);
          });
      },
    );
  }

  function payloadOf(current: Member, partition: number, batch: Message[], name: string): EachBatchPayload {
    const first = positionOf(partition);
    const messages = batch.map((message, index) => ({
      ...message,
      offset: String(first + index),
      timestamp: String(world.now()),
    }));
    let beats = 0;
    const payload = {
      batch: { topic: 'events', partition, messages },
      isRunning: () => !current.gone,
      isStale: () => false,
      resolveOffset: () => undefined,
      async heartbeat() {
        beats += 1;
        if (faults.hits('rebalance', `${name}/${beats}`, 0.02)) current.emit('consumer.group_join');
      },
      async commitOffsetsIfNecessary(wanted: {
        topics: { partitions: { partition: number; offset: string }[] }[];
      }) {
        await world.step();
        if (faults.hits('crash before offsets', name, 0.05))
          throw new Error('the coordinator is not available');
        for (const { partitions: told } of wanted.topics) {
          for (const one of told) offsets.set(one.partition, Number(one.offset));
        }
        world.note(`${name}: committed ${JSON.stringify(wanted.topics[0]?.partitions)}`);
      },
    };
    // The parts of a batch that the shipped consumer uses.
    return payload as unknown as EachBatchPayload;
  }

  function consumer(): Consumer {
    const listeners = new Map<string, Listener[]>();
    let own: Member | null = null;
    const emit = (event: string, error?: Error) => {
      for (const listener of listeners.get(event) ?? [])
        listener({ payload: { error: error ?? new Error(event) } });
    };
    const made = {
      events: {
        CRASH: 'consumer.crash',
        GROUP_JOIN: 'consumer.group_join',
        FETCH: 'consumer.fetch',
        END_BATCH_PROCESS: 'consumer.end_batch_process',
      },
      on(event: string, listener: Listener) {
        listeners.set(event, [...(listeners.get(event) ?? []), listener]);
      },
      connect: () => world.sleep(chance.between(`join/${fetches}`, 5, 200), false),
      async subscribe({ fromBeginning }: { fromBeginning?: boolean }) {
        if (fromBeginning !== true) for (let at = 0; at < PARTITIONS; at += 1) skipToEnd(at);
      },
      async run({ eachBatch }: { eachBatch: Member['eachBatch'] }) {
        const process = world.current()?.process;
        if (process === undefined) throw new Error('a consumer runs in a task');
        own = { process, eachBatch, emit, gone: false };
        if (member !== null) member.gone = true;
        member = own;
        delivering = false;
        emit('consumer.group_join');
        pump();
      },
      async disconnect() {
        if (own !== null) own.gone = true;
      },
    };
    return made as unknown as Consumer;
  }

  /** What `fromBeginning: false` does where there is no offset. */
  function skipToEnd(partition: number): void {
    if (!offsets.has(partition)) offsets.set(partition, partitions[partition]!.length);
  }

  const producer = () =>
    ({ connect: async () => undefined, send, disconnect: async () => undefined }) as unknown as Producer;

  return {
    kafka: { producer, consumer } as unknown as Kafka,
    loseOffsets() {
      offsets.clear();
      member?.emit('consumer.group_join');
      pump();
    },
    sendGarbage(partition) {
      garbage += 1;
      append(partition, { key: null, value: Buffer.from(`garbage ${garbage}`), name: 'garbage' });
      pump();
    },
    release() {
      for (const { partition, message } of held.splice(0)) append(partition, message);
      pump();
    },
    isConsumed: () =>
      held.length === 0 && !delivering && partitions.every((all, at) => positionOf(at) >= all.length),
    garbage: () => garbage,
  };
}

function toBuffer(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text);
}
