import type { OrderMoment } from '../domain/standing-order.ts';
import type { Queryable } from '../platform/postgres.ts';
import type { Command } from './commands.ts';
import { outcomeName, readOutcomes } from './outcomes.ts';

/** What a completed command of a standing order answered: a repeat gets the same. Throws where nothing tells. */
export async function readOrderMoment(
  db: Queryable,
  { tenant, commandId }: Pick<Command, 'tenant' | 'commandId'>,
): Promise<OrderMoment> {
  const key = { subjectId: commandId, leg: 'command' as const };
  const detail = (await readOutcomes(db, tenant, [key])).get(outcomeName(key))?.detail;
  if (!detail) throw new Error(`command ${commandId} is completed, and nothing tells what it came to`);
  return detail as OrderMoment;
}
