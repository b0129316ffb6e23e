import { createCancelBatch } from './cancel-batch.ts';
import { createCredit, createCreditRange } from './credit.ts';
import { createDebit, createDebitRange } from './debit.ts';
import { createDecideAccountCommands } from './decide-account-commands.ts';
import { createDecideStandingOrders } from './decide-standing-orders.ts';
import { createDecideTransferActions } from './decide-transfer-actions.ts';
import { createDeliverWebhook } from './deliver-webhook.ts';
import type { ActivityDeps } from './deps.ts';
import { createFinishBatch } from './finish-batch.ts';
import { createIsSettled } from './is-settled.ts';
import { createRefund, createRefundRange } from './refund.ts';
import { createRequestStandingTransfer } from './request-standing-transfer.ts';
import { createSyncStandingOrder } from './sync-standing-order.ts';
import { createTransferStatus } from './transfer-status.ts';

/** All activities by the names that workflows call them. */
export function createActivities(deps: ActivityDeps) {
  return {
    decideAccountCommands: createDecideAccountCommands(deps),
    decideTransferActions: createDecideTransferActions(deps),
    debit: createDebit(deps),
    credit: createCredit(deps),
    refund: createRefund(deps),
    debitRange: createDebitRange(deps),
    creditRange: createCreditRange(deps),
    refundRange: createRefundRange(deps),
    finishBatch: createFinishBatch(deps),
    cancelBatch: createCancelBatch(deps),
    isSettled: createIsSettled(deps),
    deliverWebhook: createDeliverWebhook(deps),
    decideStandingOrders: createDecideStandingOrders(deps),
    syncStandingOrder: createSyncStandingOrder(deps),
    requestStandingTransfer: createRequestStandingTransfer(deps),
    transferStatus: createTransferStatus(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
