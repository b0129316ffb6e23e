import { OpenAPIHono } from '@hono/zod-openapi';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import type { Tenant } from '../domain/ids.ts';
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/log.ts';
import type { Pool } from '../platform/postgres.ts';
import { refuseInvalid } from './border/validation.ts';

/** Resolves when the dependency answers, rejects when it does not. */
export type HealthCheck = () => Promise<unknown>;

/** What the API is made of. */
export type Deps = {
  /** The event store, commands and outcomes. */
  readonly pool: Pool;
  /** The read tables. */
  readonly readPool: Pool;
  readonly dispatcher: Dispatcher;
  /** Dependencies beside Postgres, by the name that /readyz tells: `{ temporal: …, kafka: … }`. */
  readonly health: Readonly<Record<string, HealthCheck>>;
  readonly config: Pick<
    Config,
    | 'COMMAND_WAIT_MS'
    | 'READ_WAIT_MS'
    | 'QUOTE_TTL_MS'
    | 'TEMPORAL_UI_URL'
    | 'TEMPORAL_NAMESPACE'
    | 'EVENT_STREAMS_MAX'
    | 'EVENT_STREAM_MAX_MS'
    | 'WEBHOOK_ALLOW_PRIVATE'
    | 'APPROVAL_THRESHOLDS'
    | 'APPROVAL_TIMEOUT_MS'
    | 'FEE_FLAT'
    | 'FEE_PER_MILLE'
  >;
  readonly log: Logger;
  readonly now: () => Date;
  /** A new UUIDv7. */
  readonly newId: () => string;
  /** True once the process was told to stop: /readyz says so while running requests end. */
  readonly isDraining: () => boolean;
  /** Aborts when it is about to end: whatever still waits or counts ends then. */
  readonly hurry?: AbortSignal;
};

/** What the middleware leaves for the handlers. */
export type AppEnv = {
  Variables: { tenant: Tenant; principal: string; requestId: string };
};

/** An empty set of routes whose validation failures become problem documents. */
export function createRouter(): OpenAPIHono<AppEnv> {
  return new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid });
}
