import type { Tenant, TransferId } from '../domain/ids.ts';
import type { TransferPolicy } from '../domain/legs.ts';
import type { OrderTerms } from '../domain/standing-order.ts';
import type { DeliveryPolicy } from '../domain/webhook.ts';
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/log.ts';
import type { PoolClient } from '../platform/postgres.ts';
import type { Schedules } from '../platform/schedules.ts';
import type { Command, NewCommand } from '../sql/commands.ts';
import type { Ledger } from '../sql/ledger.ts';

/** What the configuration says of webhooks. */
export function deliveryPolicy(
  config: Pick<Config, 'WEBHOOK_ALLOW_PRIVATE' | 'WEBHOOK_MAX_ATTEMPTS'>,
): DeliveryPolicy {
  return { allowPrivate: config.WEBHOOK_ALLOW_PRIVATE, maxAttempts: config.WEBHOOK_MAX_ATTEMPTS };
}

/** What a standing order says of each of its transfers. */
export type TransferWish = Pick<
  OrderTerms,
  'from' | 'to' | 'amountMinor' | 'currency' | 'description' | 'reference' | 'metadata'
> & { readonly transferId: TransferId };

/** The dispatcher's way of making commands of transfers, for activities that record some. */
export type TransferCommands = {
  newTransfer(
    wish: TransferWish,
    caller: { readonly tenant: Tenant; readonly principal: string },
  ): { readonly command: NewCommand; work(client: PoolClient): Promise<void> };
  /** The one argument of its workflow, and what Temporal's Web UI says of it. */
  workflowOf(command: Command): { readonly args: object; readonly summary: string };
};

/** What every activity is made with. The clock is an argument, so that a test may move it. */
export type ActivityDeps = Ledger & {
  readonly log: Logger;
  readonly webhooks: DeliveryPolicy;
  readonly policy: TransferPolicy;
  /** How long debit and credit of a transfer that has waited may stay undecided before they are compensated. */
  readonly sagaDeadlineMs: number;
  readonly transfers: TransferCommands;
  readonly schedules: Schedules;
};
