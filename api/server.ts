import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { serve } from '@hono/node-server';

/** Anything that answers requests. */
type Fetcher = { fetch(request: Request): Response | Promise<Response> };

export type RunningServer = {
  /** `http://127.0.0.1:3000`, with the port that was really taken. */
  readonly address: string;
  /** Takes no new connection, lets running requests end for at most `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>;
};

/**
 * Serves an app on a port (0: any free one).
 * @throws Error where the port is taken
 */
export function serveApp(app: Fetcher, options: { host: string; port: number }): Promise<RunningServer> {
  return new Promise((resolve, reject) => {
    const server = serve(
      { fetch: (request) => app.fetch(request), hostname: options.host, port: options.port },
      ({ port }) => {
        server.off('error', reject);
        const host = options.host.includes(':') ? `[${options.host}]` : options.host;
        resolve({ address: `http://${host}:${port}`, close: (graceMs) => close(server as Server, graceMs) });
      },
    );
    server.once('error', reject);
  });
}

async function close(server: Server, graceMs: number): Promise<void> {
  const stop = new AbortController();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const late = sleep(graceMs, undefined, { signal: stop.signal }).catch(() => undefined);
  await Promise.race([closed, late]);
  stop.abort();
  server.closeAllConnections();
  await closed;
}
