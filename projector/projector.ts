import type { Config } from '../platform/config.ts';
import type { Kafka } from '../platform/kafka.ts';
import type { Logger } from '../platform/log.ts';
import type { Pool } from '../platform/postgres.ts';
import { createBell } from './bell.ts';
import { createConsumer } from './consumer.ts';
import { createDeadLetterSender } from './dead-letters.ts';
import { createRebuilder } from './rebuild.ts';
import { createRelay } from './relay.ts';
import { createReplayer } from './replays.ts';
import { createSequencer } from './sequencer.ts';
import { type Loop, supervise } from './supervise.ts';
import { createEnsureTopics } from './topics.ts';
import { createWatermark } from './watermark.ts';
import { createWebhookFeeder } from './webhook-feeder.ts';

export type ProjectorDeps = {
  readonly config: Pick<
    Config,
    'KAFKA_TOPIC' | 'KAFKA_DEAD_LETTER_TOPIC' | 'KAFKA_PARTITIONS' | 'KAFKA_GROUP'
  >;
  readonly log: Logger;
  /** The event store. */
  readonly pool: Pool;
  /** The read tables: another pool, even on the same database. */
  readonly readPool: Pool;
  readonly kafka: Kafka;
  /** Milliseconds; the system's clock by default. */
  readonly now?: () => number;
};

export type LoopHealth = { readonly name: string; readonly ok: boolean; readonly lastGoodAt: string | null };
export type ProjectorHealth = { readonly ok: boolean; readonly loops: readonly LoopHealth[] };

export type Projector = {
  /** Starts every loop and returns at once; a dependency that is down is waited for. */
  start(): void;
  /** Ends the loops in order: relay, consumer, then the rest. Waits for the work in hand. */
  stop(): Promise<void>;
  /** Healthy means progress: each loop had a good round within the last 20 s (a standby's look counts). */
  health(): ProjectorHealth;
  /** Rejects when a loop failed too often in a row: the process should then exit non-zero. Never resolves. */
  readonly failed: Promise<never>;
};

const HEALTHY_WITHIN_MS = 20_000;
/** In the order in which they stop. */
const LOOPS = [
  'relay',
  'consumer',
  'rebuild',
  'watermark',
  'dead-letters',
  'replays',
  'webhook-feeder',
  'sequencer',
] as const;
type LoopName = (typeof LOOPS)[number];

/**
 * Sequencer, relay, consumer, watermark, rebuilds, dead letters and their replays in one process. Any number may run side by
 * side: each task has one leader, and the consumers share a group.
 * @example const projector = createProjector(deps); projector.start(); await projector.stop();
 */
export function createProjector(deps: ProjectorDeps): Projector {
  const now = deps.now ?? Date.now;
  const loops = createLoops(deps, now);
  const lastGood = new Map<LoopName, number>();
  const running = new Map<LoopName, { abort: AbortController; ended: Promise<void> }>();
  const failure = signalFailure();

  function startLoop(name: LoopName): void {
    const abort = new AbortController();
    const beat = () => lastGood.set(name, now());
    const ended = supervise({ name, loop: loops[name], log: deps.log, signal: abort.signal, beat });
    running.set(name, { abort, ended: ended.catch(failure.fail) });
  }

  return {
    start() {
      for (const name of LOOPS) startLoop(name);
    },
    async stop() {
      for (const name of LOOPS) {
        running.get(name)?.abort.abort();
        await running.get(name)?.ended;
        deps.log.info({ part: name }, 'stopped in order');
      }
    },
    health() {
      const health = LOOPS.map((name) => toHealth(name, lastGood.get(name), now()));
      return { ok: health.every(({ ok }) => ok), loops: health };
    },
    failed: failure.failed,
  };
}

function createLoops(deps: ProjectorDeps, now: () => number): Record<LoopName, Loop> {
  const { pool, readPool, kafka, log, config } = deps;
  const topics = {
    topic: config.KAFKA_TOPIC,
    deadLetterTopic: config.KAFKA_DEAD_LETTER_TOPIC,
    partitions: config.KAFKA_PARTITIONS,
  };
  const ensureTopics = createEnsureTopics(kafka, topics);
  const grown = createBell();
  return {
    sequencer: createSequencer({ pool, partitions: config.KAFKA_PARTITIONS, grown }),
    relay: createRelay({ pool, kafka, topics, ensureTopics, grown }),
    consumer: createConsumer({ pool, readPool, kafka, topics, ensureTopics, groupId: config.KAFKA_GROUP }),
    watermark: createWatermark({ pool, readPool, now }),
    rebuild: createRebuilder({ pool, readPool, log }),
    replays: createReplayer({ pool, readPool }),
    'webhook-feeder': createWebhookFeeder({ pool, grown }),
    'dead-letters': createDeadLetterSender({ readPool, kafka, topics, ensureTopics }),
  };
}

function toHealth(name: LoopName, lastGoodMs: number | undefined, nowMs: number): LoopHealth {
  if (lastGoodMs === undefined) return { name, ok: false, lastGoodAt: null };
  return {
    name,
    ok: nowMs - lastGoodMs < HEALTHY_WITHIN_MS,
    lastGoodAt: new Date(lastGoodMs).toISOString(),
  };
}

function signalFailure(): { failed: Promise<never>; fail: (error: unknown) => void } {
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  // Whoever awaits it sees it; nobody awaiting it must not end the process by another way.
  failed.catch(() => undefined);
  return { failed, fail };
}
