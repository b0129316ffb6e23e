import { z } from '@hono/zod-openapi';
import type { Command } from '../../sql/commands.ts';
import { timeAnswer } from '../border/fields.ts';
import { refusalSchema } from './refusal.ts';

export const commandSchema = z
  .strictObject({
    id: z.string(),
    type: z.enum([
      'openAccount',
      'deposit',
      'withdraw',
      'freeze',
      'unfreeze',
      'close',
      'setLimits',
      'placeHold',
      'releaseHold',
      'transfer',
      'cancel',
      'approve',
      'decline',
      'retry',
      'resolve',
      'transferBatch',
      'cancelBatch',
      'createStandingOrder',
      'pauseStandingOrder',
      'resumeStandingOrder',
      'deleteStandingOrder',
      'createCustomer',
      'erasePersonalData',
      'setRate',
      'createQuote',
      'createWebhook',
      'deleteWebhook',
      'redeliverWebhook',
    ]),
    status: z.enum(['accepted', 'completed', 'refused']),
    resource: z.string().openapi({ example: '/api/accounts/alice', description: 'Path of what it is about' }),
    refusal: refusalSchema.nullable(),
    createdAt: timeAnswer,
    finishedAt: timeAnswer.nullable(),
  })
  .openapi('Command');

export type CommandView = z.infer<typeof commandSchema>;

/** A recorded command as the contract shows it. */
export function commandView(command: Command): CommandView {
  return {
    id: command.commandId,
    type: command.type,
    status: command.status,
    resource: resourcePath(command),
    refusal: command.refusal,
    createdAt: command.createdAt,
    finishedAt: command.finishedAt,
  };
}

/** Path of what a command is about. */
export function resourcePath(command: Pick<Command, 'resourceKind' | 'resourceId'>): string {
  const collection = command.resourceKind === 'batch' ? 'transfer-batches' : `${command.resourceKind}s`;
  return `/api/${collection}/${command.resourceId}`;
}
