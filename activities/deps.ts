import type { TransferPolicy } from '../domain/legs.ts';
import type { DeliveryPolicy } from '../domain/webhook.ts';
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/log.ts';
import type { Pool } from '../platform/postgres.ts';

/** What the configuration says of webhooks. */
export function deliveryPolicy(
  config: Pick<Config, 'WEBHOOK_ALLOW_PRIVATE' | 'WEBHOOK_MAX_ATTEMPTS'>,
): DeliveryPolicy {
  return { allowPrivate: config.WEBHOOK_ALLOW_PRIVATE, maxAttempts: config.WEBHOOK_MAX_ATTEMPTS };
}

/** What every activity is made with. The clock is an argument, so that a test may move it. */
export type ActivityDeps = {
  readonly pool: Pool;
  readonly log: Logger;
  readonly now: () => Date;
  readonly webhooks: DeliveryPolicy;
  readonly policy: TransferPolicy;
};
