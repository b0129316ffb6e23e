// Every exported function here is a workflow type; nothing else may be exported.
export { approve } from './approve.ts';
export { cancel } from './cancel.ts';
export { cancelBatch } from './cancel-batch.ts';
export { close } from './close.ts';
export { decline } from './decline.ts';
export { deliverWebhook } from './deliver-webhook.ts';
export { deposit } from './deposit.ts';
export { expireHold } from './expire-hold.ts';
export { freeze } from './freeze.ts';
export { openAccount } from './open-account.ts';
export { parkedTransfer } from './parked-transfer.ts';
export { placeHold } from './place-hold.ts';
export { releaseHold } from './release-hold.ts';
export { resolve } from './resolve.ts';
export { retry } from './retry.ts';
export { setLimits } from './set-limits.ts';
export {
  createStandingOrder,
  deleteStandingOrder,
  pauseStandingOrder,
  resumeStandingOrder,
} from './standing-order-commands.ts';
export { standingOrderRun } from './standing-order-run.ts';
export { transfer } from './transfer.ts';
export { transferBatch } from './transfer-batch.ts';
export { transferGroup } from './transfer-group.ts';
export { unfreeze } from './unfreeze.ts';
export { withdraw } from './withdraw.ts';
