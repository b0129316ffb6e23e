import type { CommandId } from '../domain/ids.ts';
import {
  decideOrder,
  type OrderCommand,
  type OrderMoment,
  type OrderSubject,
} from '../domain/standing-order.ts';
import type { Pool, PoolClient } from '../platform/postgres.ts';
import { type Changes, noChanges } from './draft.ts';
import { type Outcome, outcomeName, readOutcomes } from './outcomes.ts';
import { listRuns } from './standing-order-runs.ts';
import { changeStandingOrder, lockStandingOrder } from './standing-orders.ts';
import { inTransaction } from './transaction.ts';
import { writeDraft } from './write-draft.ts';

/** Past runs that an order's answer shows. */
export const SHOWN_RUNS = 10;

/**
 * Decides a command of a standing order and ends it, in one transaction under the order's lock. Acts once: the outcome
 * keeps what the client is told, an `OrderMoment`.
 * @param at the instant of the decision (ISO 8601)
 * @throws where there is no such order: its row is written as its creation is recorded
 */
export function decideStandingOrder(
  pool: Pool,
  subject: OrderSubject,
  { commandId, command }: { readonly commandId: CommandId; readonly command: OrderCommand },
  at: string,
): Promise<Outcome> {
  return inTransaction(pool, async (client) => {
    const order = await lockStandingOrder(client, subject);
    if (order === undefined) throw new Error(`there is no standing order ${subject.orderId}`);
    const key = { subjectId: commandId, leg: 'command' as const };
    const earlier = (await readOutcomes(client, subject.tenant, [key])).get(outcomeName(key));
    if (earlier !== undefined) return earlier;
    const decision = decideOrder(command, order, at);
    if (decision.ok && decision.change !== null) await changeStandingOrder(client, subject, decision.change);
    const { status, reason } = (decision.ok && decision.change) || order;
    const pastRuns = await listRuns(client, subject, { limit: SHOWN_RUNS, before: null });
    const moment: OrderMoment = { status, reason, at, pastRuns };
    const outcome: Outcome = decision.ok
      ? { result: 'done', refusal: null, detail: moment }
      : { result: 'refused', refusal: decision.refusal, detail: null };
    await end(client, subject, { commandId, outcome, at });
    return outcome;
  });
}

async function end(
  client: PoolClient,
  { tenant }: OrderSubject,
  { commandId, outcome, at }: { commandId: CommandId; outcome: Outcome; at: string },
): Promise<void> {
  const status = outcome.result === 'done' ? ('completed' as const) : ('refused' as const);
  const changes: Changes = {
    ...noChanges(tenant, at),
    outcomes: [{ subjectId: commandId, leg: 'command', ...outcome }],
    ends: [{ commandId, status, refusal: outcome.refusal }],
  };
  await writeDraft(client, changes);
}
