import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';
import { isOutage } from '../platform/postgres.ts';
import { createRouter, type Deps } from './context.ts';
import { accessLog } from './middleware/access-log.ts';
import { limitBody, strictJson } from './middleware/json-body.ts';
import { resolvePrincipal } from './middleware/principal.ts';
import { routing } from './middleware/routing.ts';
import { OPENAPI, openapiRoute } from './openapi.ts';
import { answerProblem, Problem } from './problem.ts';
import { accountHistoryRoutes } from './routes/account-history.ts';
import { accountRoutes } from './routes/accounts.ts';
import { captureRoutes } from './routes/captures.ts';
import { cashRoutes } from './routes/cash.ts';
import { commandRoutes } from './routes/commands.ts';
import { customerRoutes } from './routes/customers.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { docsRoutes } from './routes/docs.ts';
import { eventStreamRoutes } from './routes/event-stream.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { holdRoutes } from './routes/holds.ts';
import { integrityRoutes } from './routes/integrity.ts';
import { lifecycleRoutes } from './routes/lifecycle.ts';
import { limitRoutes } from './routes/limits.ts';
import { projectionRoutes } from './routes/projections.ts';
import { quoteRoutes } from './routes/quotes.ts';
import { rateRoutes } from './routes/rates.ts';
import { reportRoutes } from './routes/reports.ts';
import { reversalRoutes } from './routes/reversals.ts';
import { standingOrderActionRoutes } from './routes/standing-order-actions.ts';
import { standingOrderRoutes } from './routes/standing-orders.ts';
import { statementRoutes } from './routes/statements.ts';
import { timelineRoutes } from './routes/timeline.ts';
import { transferActionRoutes } from './routes/transfer-actions.ts';
import { transferBatchItemRoutes } from './routes/transfer-batch-items.ts';
import { transferBatchRoutes } from './routes/transfer-batches.ts';
import { transferRoutes } from './routes/transfers.ts';
import { webhookDeliveryRoutes } from './routes/webhook-deliveries.ts';
import { webhookRoutes } from './routes/webhooks.ts';

/** The HTTP contract, typed: what Hono's client is made from. */
export type App = ReturnType<typeof createApp>;

/**
 * The whole HTTP side as one function from Request to Response, without a port: `app.request("/api/accounts")`
 * in tests, `serveApp(app, …)` in a process. Holds no state of its own.
 */
export function createApp(deps: Deps) {
  const base = createRouter();
  base.use(accessLog(deps), secureHeaders(), routing(base), limitBody, strictJson, resolvePrincipal);
  base.onError((error, c) => {
    const problem = toProblem(error);
    if (problem.status === 500)
      deps.log.error({ err: error, requestId: c.get('requestId') }, 'request failed');
    else if (problem.code === 'unavailable') deps.log.warn({ err: error }, 'a dependency is not reachable');
    return answerProblem(c, problem);
  });
  const app = base
    .route('/', accountRoutes(deps))
    .route('/', cashRoutes(deps))
    .route('/', lifecycleRoutes(deps))
    .route('/', limitRoutes(deps))
    .route('/', holdRoutes(deps))
    .route('/', captureRoutes(deps))
    .route('/', accountHistoryRoutes(deps))
    .route('/', statementRoutes(deps))
    .route('/', customerRoutes(deps))
    .route('/', rateRoutes(deps))
    .route('/', quoteRoutes(deps))
    .route('/', transferRoutes(deps))
    .route('/', transferActionRoutes(deps))
    .route('/', reversalRoutes(deps))
    .route('/', transferBatchRoutes(deps))
    .route('/', transferBatchItemRoutes(deps))
    .route('/', standingOrderRoutes(deps))
    .route('/', standingOrderActionRoutes(deps))
    .route('/', timelineRoutes(deps))
    .route('/', commandRoutes(deps))
    .route('/', eventRoutes(deps))
    .route('/', eventStreamRoutes(deps))
    .route('/', projectionRoutes(deps))
    .route('/', deadLetterRoutes(deps))
    .route('/', reportRoutes(deps))
    .route('/', integrityRoutes(deps))
    .route('/', webhookRoutes(deps))
    .route('/', webhookDeliveryRoutes(deps))
    .route('/', healthRoutes(deps))
    .route('/', docsRoutes());
  app.openAPIRegistry.registerPath(openapiRoute);
  return app.get(openapiRoute.path, (c) => c.json(app.getOpenAPI31Document(OPENAPI)));
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof HTTPException && error.status === 415) {
    return new Problem('unsupported-media-type', 'Send the body as Content-Type: application/json.');
  }
  if (error instanceof HTTPException && error.status < 500) {
    return new Problem('validation', error.message || 'The request is malformed.', { cause: error });
  }
  if (isOutage(error)) {
    const headers = { 'retry-after': '1' };
    return new Problem('unavailable', 'The database does not answer. Try again.', { headers, cause: error });
  }
  return new Problem('internal', 'Nothing about it is told here; the log has it under the X-Request-Id.');
}
