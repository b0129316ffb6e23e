import type { WorkflowHandle } from '@temporalio/client';
import { BATCH_PATHS, walkBatch } from './batch-paths.ts';
import { GROUP_PATHS, walkGroup } from './group-paths.ts';
import { HOLD_PATHS, walkHold } from './hold-paths.ts';
import type { Lab } from './lab.ts';
import { type Parts, SAGA_PATHS, walk } from './saga-paths.ts';
import { STANDING_ORDER_PATHS, walkStandingOrder } from './standing-order-paths.ts';
import { TRANSFER_PATHS, walkTransfer } from './transfer-paths.ts';
import { WEBHOOK_PATHS, walkDelivery } from './webhook-paths.ts';

/** A path through any workflow, whatever it takes to walk it. */
export type Path = {
  readonly name: string;
  /** Walks it on real parts; the lab is still open then. */
  readonly walk: (parts: Parts) => Promise<{ readonly lab: Lab; readonly handle: WorkflowHandle }>;
};

/** Every path of every workflow: each has a recorded history. */
export const PATHS: readonly Path[] = [
  ...SAGA_PATHS.map((path) => ({ name: path.name, walk: (parts: Parts) => walk(path, parts) })),
  ...TRANSFER_PATHS.map((path) => ({ name: path.name, walk: (parts: Parts) => walkTransfer(path, parts) })),
  ...HOLD_PATHS.map((path) => ({ name: path.name, walk: (parts: Parts) => walkHold(path, parts) })),
  ...BATCH_PATHS.map((path) => ({ name: path.name, walk: (parts: Parts) => walkBatch(path, parts) })),
  ...GROUP_PATHS.map((path) => ({ name: path.name, walk: (parts: Parts) => walkGroup(path, parts) })),
  ...STANDING_ORDER_PATHS.map((path) => ({
    name: path.name,
    walk: (parts: Parts) => walkStandingOrder(path, parts),
  })),
  ...WEBHOOK_PATHS.map((path) => ({ name: path.name, walk: (parts: Parts) => walkDelivery(path, parts) })),
];
