import { Client, Connection, type ConnectionLike } from '@temporalio/client';

/** How long a call to Temporal may take before it counts as an outage. */
const CALL_TIMEOUT_MS = 5_000;

export type TemporalClient = Client;

/** A client over a connection of any kind; the worker's own (native) one allows eager start. */
export function createTemporalClient(connection: ConnectionLike, namespace: string): Client {
  return new Client({ connection, namespace });
}

/**
 * A connection that is made on first use and mends itself, so that an API starts and answers 202 while Temporal
 * is away.
 */
export function lazyConnection(address: string): Connection {
  return Connection.lazy({ address, connectTimeout: CALL_TIMEOUT_MS });
}

/** Runs a call with a deadline; gRPC calls without one may wait for ever. */
export function withDeadline<T>(client: Client, call: () => Promise<T>): Promise<T> {
  return client.connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, call);
}

/** Throws where Temporal does not answer. */
export async function checkTemporal(client: Client): Promise<void> {
  await withDeadline(client, () =>
    client.workflowService.describeNamespace({ namespace: client.options.namespace }),
  );
}
