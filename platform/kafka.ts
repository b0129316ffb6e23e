import { hostname } from 'node:os';
import { Kafka, logLevel } from 'kafkajs';
import type { Logger } from 'pino';

export type { Kafka };

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
