import { type Database, openDatabases } from './database.ts';
import { openSandbox, type Sandbox } from './sandbox.ts';

/** What takes seconds to open and serves many runs, one after another. */
export type Parts = { readonly store: Database; readonly read: Database; readonly sandbox: Sandbox };

const ACTIVITIES = [
  'decideAccountCommands',
  'decideTransferActions',
  'debit',
  'credit',
  'refund',
  'debitRange',
  'creditRange',
  'refundRange',
  'finishBatch',
  'cancelBatch',
  'isSettled',
  'deliverWebhook',
  'decideStandingOrders',
  'syncStandingOrder',
  'requestStandingTransfer',
  'transferStatus',
];

/** Opens the databases and the workflows' sandbox. */
export async function openParts(): Promise<Parts> {
  const { store, read } = await openDatabases();
  return { store, read, sandbox: await openSandbox(ACTIVITIES) };
}

/** The same databases, and a sandbox that has loaded the workflows' modules anew. */
export async function reloadWorkflows({ sandbox, ...databases }: Parts): Promise<Parts> {
  await sandbox.close();
  return { ...databases, sandbox: await openSandbox(ACTIVITIES) };
}
