import type { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { CommandId } from '../domain/ids.ts';
import { unreachable } from '../domain/unreachable.ts';
import type { PoolClient } from '../platform/postgres.ts';
import type { Command, DirectCommandType, ResourceKind } from '../sql/commands.ts';
import { hashJson } from '../sql/hash.ts';
import { type DirectCommand, recordResource } from '../sql/record-resource.ts';
import { answerRecorded, applyPrefer, type commandHeaders } from './commanding.ts';
import type { AppEnv, Deps } from './context.ts';

/** A wish that is done as it is recorded, such as a new customer or a rate. */
export type Recording = {
  readonly type: DirectCommandType;
  /** Template, such as `PUT /api/rates/:pair`: an Idempotency-Key is scoped to it. */
  readonly route: string;
  readonly resource: { readonly kind: ResourceKind; readonly id: string };
  /** True where the wish creates the resource: only one command ever may. */
  readonly creates: boolean;
  /**
   * The wish as JSON without what the server chose (an id that the client left out is null): a repeat under the
   * same key must have the same one.
   */
  readonly fingerprint: object;
  /** Kept for good in the command's row: what the answer is made of, never personal data or secrets. */
  readonly payload: object;
  /** Where the plain sha-256 of the fingerprint must not be kept: another hash, and who knows it again. */
  readonly sealed?: { readonly hash: string; isSame(earlier: Command): Promise<boolean> };
  /**
   * Writes the resource's rows in the transaction that records the command. A Problem thrown here refuses the
   * wish and leaves nothing, so that it burns no key; a replay never comes here.
   */
  work(client: PoolClient, command: DirectCommand): Promise<void>;
};

/**
 * Records a wish and does it, in one transaction, or finds it done under the same Idempotency-Key. The answer is
 * always final; make it from the returned command's resource or payload, so that a replay gets the same one.
 * @throws Problem 400 for a Prefer that is none, 409 where the id is taken, 422 where the key was used for another
 * request
 */
export async function recordDone(
  c: Context<AppEnv>,
  deps: Deps,
  headers: z.infer<typeof commandHeaders>,
  recording: Recording,
): Promise<Command> {
  // It is final when it is answered: there is nothing to wait for.
  applyPrefer(c, headers, 0);
  const command = directCommand(c, deps, headers, recording);
  const recorded = await recordResource(deps.pool, command, (client) => recording.work(client, command));
  switch (recorded.kind) {
    case 'recorded':
      return answerRecorded(c, { kind: 'recorded', replayed: false, command: recorded.command });
    case 'duplicate': {
      const same = await isSame(recorded.command, command.payloadHash, recording);
      if (!same) return answerRecorded(c, { kind: 'key-reused' });
      return answerRecorded(c, { kind: 'recorded', replayed: true, command: recorded.command });
    }
    case 'taken':
      return answerRecorded(c, recorded);
    default:
      return unreachable(recorded);
  }
}

async function isSame(earlier: Command, payloadHash: string, recording: Recording): Promise<boolean> {
  return recording.sealed?.isSame(earlier) ?? earlier.payloadHash === payloadHash;
}

function directCommand(
  c: Context<AppEnv>,
  deps: Deps,
  headers: z.infer<typeof commandHeaders>,
  recording: Recording,
): DirectCommand {
  return {
    tenant: c.get('tenant'),
    commandId: deps.newId() as CommandId,
    type: recording.type,
    principal: c.get('principal'),
    route: recording.route,
    idempotencyKey: headers['Idempotency-Key'] ?? null,
    payloadHash: recording.sealed?.hash ?? hashJson(recording.fingerprint),
    payload: recording.payload,
    resourceKind: recording.resource.kind,
    resourceId: recording.resource.id,
    claimsResource: recording.creates,
    createdAt: deps.now().toISOString(),
  };
}
