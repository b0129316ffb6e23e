import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import { Kafka, logLevel } from 'kafkajs';
import type { Logger } from 'pino';

export type { Kafka };

restWhenNothingIsPending();

/** A Kafka client whose own log lines go to ours. Requests and connections are bounded by timeouts. */
export function createKafka(options: { brokers: readonly string[]; clientId: string; log: Logger }): Kafka {
  return new Kafka({
    clientId: options.clientId,
    brokers: [...options.brokers],
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 5 },
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ level, log }) => {
        const { message, ...rest } = log;
        if (level <= logLevel.ERROR) options.log.error(rest, message);
        else options.log.warn(rest, message);
      },
  });
}

/** How the projector of this host names itself, so that the host's health check finds it among the group's members. */
export function projectorClientId(): string {
  return `remit-projector@${hostname()}`;
}

/** Throws where no broker answers. */
export async function checkKafka(kafka: Kafka): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    await admin.describeCluster();
  } finally {
    await admin.disconnect();
  }
}

/**
 * kafkajs 2.2.4 looks every millisecond, on each connection and for as long as it lasts, whether requests are held back
 * (tulios/kafkajs#1704): half of what an idle projector took. Here it looks while some are: the only way to hold one
 * back, `push`, asks for that look, and one that finds others left asks for the next. It has no option, and is of all clients.
 */
function restWhenNothingIsPending(): void {
  type RequestQueue = { readonly pending: readonly unknown[]; scheduleCheckPendingRequests(): void };
  const { prototype: queue }: { prototype: RequestQueue } = createRequire(import.meta.url)(
    'kafkajs/src/network/requestQueue',
  );
  const schedule = queue.scheduleCheckPendingRequests;
  if (typeof schedule !== 'function')
    throw new Error('this kafkajs is not the one whose queue is known here');
  queue.scheduleCheckPendingRequests = function () {
    if (this.pending.length > 0) schedule.call(this);
  };
}
