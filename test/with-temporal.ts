import { createTemporalClient, lazyConnection, type TemporalClient } from '../platform/temporal.ts';

/**
 * One connection to Temporal for as long as `work` takes.
 * @param address Temporal's own, past any proxy
 */
export async function withTemporal<T>(
  address: string,
  work: (client: TemporalClient) => Promise<T>,
): Promise<T> {
  const connection = lazyConnection(address);
  try {
    return await work(createTemporalClient(connection, 'default'));
  } finally {
    await connection.close();
  }
}
