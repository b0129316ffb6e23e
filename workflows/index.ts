// Every exported function here is a workflow type; nothing else may be exported.
export { close } from './close.ts';
export { deposit } from './deposit.ts';
export { freeze } from './freeze.ts';
export { openAccount } from './open-account.ts';
export { transfer } from './transfer.ts';
export { unfreeze } from './unfreeze.ts';
export { withdraw } from './withdraw.ts';
