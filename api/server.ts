import type { Server, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { serve } from '@hono/node-server';

/** Anything that answers requests. */
type Fetcher = { fetch(request: Request): Response | Promise<Response> };

export type RunningServer = {
  /** `http://127.0.0.1:3000`, with the port that was really taken. */
  readonly address: string;
  /**
   * Serves for another `drainMs`, so that whoever balances the load sees that it is not ready and goes elsewhere;
   * each answer is then the last of its connection. After that takes no new connection, lets running requests end
   * for at most `graceMs`, and cuts what is left.
   */
  close(graceMs: number, drainMs?: number): Promise<void>;
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
        resolve({
          address: `http://${host}:${port}`,
          async close(graceMs, drainMs = 0) {
            endConnections();
            if (drainMs > 0) await sleep(drainMs);
            await close(server as Server, graceMs);
          },
        });
      },
    );
    const endConnections = connectionEnder(server as Server);
    server.once('error', reject);
  });
}

/**
 * A client that keeps its connection may send a request at the moment that it is closed, and cannot know whether it
 * was taken. So from the call of what this returns on, every answer says that it is the connection's last.
 */
function connectionEnder(server: Server): () => void {
  const running = new Set<ServerResponse>();
  let ending = false;
  server.prependListener('request', (_request, response) => {
    if (ending) response.shouldKeepAlive = false;
    running.add(response);
    response.once('close', () => running.delete(response));
  });
  return () => {
    ending = true;
    for (const response of running) response.shouldKeepAlive = false;
  };
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
