import { z } from 'zod';

const milliseconds = (fallback: number) => z.coerce.number().int().positive().default(fallback);

/** Amounts by currency, `EUR:10.00,JPY:100`, as written: what they are worth is the domain's to say. */
const amounts = z
  .string()
  .default('')
  .transform((text) => text.split(',').filter((part) => part.trim() !== ''))
  .pipe(
    z.array(
      z
        .string()
        .trim()
        .regex(/^[A-Z]{3}:[0-9.]+$/, 'must be like EUR:10.00,JPY:100'),
    ),
  )
  .transform((parts) => parts.map((part) => part.split(':') as [currency: string, amount: string]));

/** A deployment's or a build's name. Temporal joins the two with a dot, and its tools show them so. */
export const VERSION_PART = /^[A-Za-z0-9_-]{1,100}$/;

const schema = z.object({
  ROLES: z
    .string()
    .default('api,worker,projector')
    .transform((text) => text.split(',').map((role) => role.trim()))
    .pipe(z.array(z.enum(['api', 'worker', 'projector'])).min(1)),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65535).default(3000),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),

  DATABASE_URL: z.string().min(1),
  /** The read tables may live in a database of their own; by default they share the event store's. */
  READ_DATABASE_URL: z.string().min(1).optional(),
  DATABASE_POOL_MAX: z.coerce.number().int().min(2).max(500).default(20),

  KAFKA_BROKERS: z
    .string()
    .min(1)
    .transform((text) => text.split(',').map((broker) => broker.trim())),
  KAFKA_TOPIC: z.string().default('remit.events'),
  KAFKA_DEAD_LETTER_TOPIC: z.string().default('remit.dead-letters'),
  KAFKA_PARTITIONS: z.coerce.number().int().min(1).max(1000).default(6),
  KAFKA_GROUP: z.string().default('remit-projector'),

  TEMPORAL_ADDRESS: z.string().min(1),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  TEMPORAL_TASK_QUEUE: z.string().default('remit'),
  /** Names this build of Remit for Worker Versioning; without it the workers take whatever there is. */
  TEMPORAL_BUILD_ID: z.string().regex(VERSION_PART, 'must be letters, digits and -_').optional(),
  TEMPORAL_DEPLOYMENT_NAME: z.string().regex(VERSION_PART, 'must be letters, digits and -_').default('remit'),
  /** Base address of the Temporal Web UI, for the links in answers; empty means no links. */
  TEMPORAL_UI_URL: z.string().default('http://127.0.0.1:8233'),

  /** A debit or credit that is still undecided after this long is compensated (semantics: 5 min). */
  SAGA_DEADLINE_MS: milliseconds(300_000),
  /** A transfer of more than this waits for a person, such as `EUR:10000.00,JPY:1000000`; accounts may say otherwise. */
  APPROVAL_THRESHOLDS: amounts,
  /** How long a person may take to approve a transfer. */
  APPROVAL_TIMEOUT_MS: milliseconds(7 * 24 * 3_600_000),
  /** What a transfer costs its source: flat, such as `EUR:0.20`, and in thousandths. Captures and reversals are free. */
  FEE_FLAT: amounts,
  FEE_PER_MILLE: z.coerce.number().int().min(0).max(1000).default(0),
  /** Whether transfers that come while others are under way share a workflow: never, adaptive or always. */
  TRANSFER_GROUPING: z.enum(['never', 'adaptive', 'always']).default('adaptive'),
  /**
   * Whether the workers can tell where a workflow stands (`__stack_trace`). Only checked here: activities/workflow-thread.mjs
   * reads it before there is a configuration, and says at what cost.
   */
  WORKFLOW_CALL_STACKS: z.enum(['true', 'false']).default('false'),
  /** How often waiting workflows are compared with what must be running. */
  RECONCILE_INTERVAL_MS: milliseconds(1_000),
  /** How long a POST waits for its result when `Prefer` does not say. */
  COMMAND_WAIT_MS: milliseconds(5_000),
  /** How long a command may be without a final state before the sweeper starts it again. */
  SWEEP_AFTER_MS: milliseconds(3_000),
  SWEEP_INTERVAL_MS: milliseconds(1_000),
  /** How long a quote holds its rate. */
  QUOTE_TTL_MS: milliseconds(60_000),
  /** How long a read with `minVersion` waits for the read table. */
  READ_WAIT_MS: milliseconds(3_000),
  /** Live event streams that one process serves at once, and how long each lasts: its client then resumes. */
  EVENT_STREAMS_MAX: z.coerce.number().int().min(1).max(10_000).default(200),
  EVENT_STREAM_MAX_MS: milliseconds(3_600_000),
  /** Lets webhooks go to private networks and over plain http. Never where strangers register them. */
  WEBHOOK_ALLOW_PRIVATE: z.stringbool().default(false),
  /** Attempts of one round of a delivery; with 20 the last comes some 8 hours after the first. */
  WEBHOOK_MAX_ATTEMPTS: z.coerce.number().int().min(1).max(100).default(20),
  /**
   * How long the API serves on after SIGTERM while /readyz says 503, so that a load balancer goes elsewhere before
   * it closes: set it to more than the balancer's interval. 0 closes at once.
   */
  SHUTDOWN_DRAIN_MS: z.coerce.number().int().min(0).default(1_000),
  /** How long running work may take to end after SIGTERM. */
  SHUTDOWN_GRACE_MS: milliseconds(10_000),
});

export type Config = Omit<z.infer<typeof schema>, 'READ_DATABASE_URL'> & { READ_DATABASE_URL: string };

/**
 * Reads the configuration from environment variables and checks it once, at start.
 * Names end in their unit (`_MS` is milliseconds).
 * @throws Error with one line per wrong or missing variable.
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const parsed = schema.safeParse(env);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`The environment is not right:\n${lines.join('\n')}`);
  }
  return { ...parsed.data, READ_DATABASE_URL: parsed.data.READ_DATABASE_URL ?? parsed.data.DATABASE_URL };
}

/** How long a process may take from SIGTERM to its end (ms): it drains, each role ends, and then the pools. */
export function shutdownBoundMs(
  config: Pick<Config, 'ROLES' | 'SHUTDOWN_DRAIN_MS' | 'SHUTDOWN_GRACE_MS'>,
): number {
  return config.SHUTDOWN_DRAIN_MS + (new Set(config.ROLES).size + 1) * config.SHUTDOWN_GRACE_MS;
}
