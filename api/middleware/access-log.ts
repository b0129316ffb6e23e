import type { MiddlewareHandler } from 'hono';
import type { AppEnv, Deps } from '../context.ts';

/** A client's own request id, if it is short and plain: it goes into a header and into the log. */
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** Names each request (X-Request-Id) and logs how it ended; probes only at debug. */
export function accessLog(deps: Deps): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const wished = c.req.header('x-request-id');
    const requestId = wished !== undefined && REQUEST_ID.test(wished) ? wished : deps.newId();
    c.set('requestId', requestId);
    c.header('X-Request-Id', requestId);
    const startedAt = deps.now().getTime();
    await next();
    const { method, path } = c.req;
    const durationMs = deps.now().getTime() - startedAt;
    const level = path === '/healthz' || path === '/readyz' ? 'debug' : 'info';
    deps.log[level]({ requestId, method, path, status: c.res.status, durationMs }, 'request');
  };
}
