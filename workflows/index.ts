// Every exported function here is a workflow type; nothing else may be exported.
export { close } from './close.ts';
export { deliverWebhook } from './deliver-webhook.ts';
export { deposit } from './deposit.ts';
export { expireHold } from './expire-hold.ts';
export { freeze } from './freeze.ts';
export { openAccount } from './open-account.ts';
export { parkedTransfer } from './parked-transfer.ts';
export { placeHold } from './place-hold.ts';
export { releaseHold } from './release-hold.ts';
export { setLimits } from './set-limits.ts';
export { transfer } from './transfer.ts';
export { unfreeze } from './unfreeze.ts';
export { withdraw } from './withdraw.ts';
