import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { type AccountId, accountStream } from '../domain/ids.ts';
import type { Command } from '../sql/commands.ts';
import { type AccountAnswer, readAccountAnswer } from '../sql/read-account-answer.ts';
import type { AppEnv, Deps } from './context.ts';
import { Problem } from './problem.ts';

/** Every account command says which account it is about; what it is a resource of may be a hold. */
const payloadSchema = z.object({ accountId: z.string().transform((id) => id as AccountId) });

/**
 * What an account command came to, or null (with Location set) while it is not final.
 * @throws Problem with the refusal's code: 404 where the path's account is missing, else the code's own status
 */
export async function accountAnswer(
  c: Context<AppEnv>,
  deps: Deps,
  command: Command,
): Promise<AccountAnswer | null> {
  const { tenant, commandId, refusal } = command;
  const ownPath = command.resourceKind === 'account';
  if (command.status === 'accepted') {
    c.header('Location', `/api/commands/${commandId}`);
    return null;
  }
  if (refusal !== null) {
    throw new Problem(
      refusal.code,
      refusal.detail,
      refusal.code === 'account-not-found' && ownPath ? { status: 404 } : {},
    );
  }
  const streamId = accountStream(payloadSchema.parse(command.payload).accountId);
  const answer = await readAccountAnswer(deps.pool, { tenant, commandId, streamId });
  if (answer === undefined)
    throw new Error(`command ${commandId} is completed, and nothing tells what it came to`);
  return answer;
}
