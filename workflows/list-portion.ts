import type { Tenant } from '../domain/ids.ts';
import { type Refusal, refusal } from '../domain/refusals.ts';
import type { LegResult, TransferEnd, WireItem } from '../domain/saga.ts';
import type { Portion } from './portion.ts';
import { runStep } from './steps.ts';

export const WITHDRAWN = refusal(
  'processing-failed',
  'The workflow was cancelled before the transfer was decided.',
);

/** Why a transfer is compensated that was not decided in time. */
export function tooLate(deadlineMs: number): Refusal {
  return refusal('deadline-exceeded', `The transfer was not decided within ${deadlineMs} ms.`);
}

/** A list of transfers that the workflow itself knows. */
export type ListPortion = Portion & {
  /** @throws before the saga is over */
  endOf(transferId: string): TransferEnd;
};

/** Registers each transfer of the list for compensation. */
export function createListPortion(
  tenant: Tenant,
  items: readonly WireItem[],
  deadlineMs: number,
): ListPortion {
  const late = tooLate(deadlineMs);
  const registered = new Map(items.map((item) => [item.transferId as string, { item, reason: late }]));
  const ends = new Map<string, TransferEnd>();
  let debited: readonly WireItem[] = [];

  function end(result: TransferEnd): void {
    registered.delete(result.transferId);
    ends.set(result.transferId, result);
  }
  /** Keeps the item registered, with the reason that its refund will tell. */
  function explain({ transferId, refusal: why }: LegResult): void {
    const entry = registered.get(transferId);
    if (entry !== undefined && why !== null) entry.reason = why;
  }

  return {
    async debit(deadline) {
      const results = await runStep('debit', { tenant, items }, `debit ${named(items)}`, deadline);
      for (const result of results) {
        const { transferId, until } = result;
        if (result.result === 'refused') end({ transferId, status: 'rejected' });
        else if (result.result === 'waits' && until !== undefined)
          end({ transferId, status: 'waits', until });
        else explain(result);
      }
      const done = new Set(
        results.filter(({ result }) => result === 'done').map(({ transferId }) => transferId),
      );
      debited = items.filter(({ transferId }) => done.has(transferId));
      return debited.length > 0;
    },
    async credit(deadline) {
      const list = { tenant, items: debited };
      for (const result of await runStep('credit', list, `credit ${named(debited)}`, deadline)) {
        if (result.result === 'done') end({ transferId: result.transferId, status: 'completed' });
        else explain(result);
      }
    },
    isOpen: () => registered.size > 0,
    withdraw() {
      for (const entry of registered.values()) entry.reason = WITHDRAWN;
    },
    async compensate() {
      const open = [...registered.values()].map(({ item, reason }) => ({ ...item, reason }));
      for (const result of await runStep('refund', { tenant, items: open }, `refund ${named(open)}`, null)) {
        end(result);
      }
    },
    endOf(transferId) {
      const found = ends.get(transferId);
      if (found === undefined) throw new Error(`transfer ${transferId} has no end: the saga lost it`);
      return found;
    },
  };
}

function named(items: readonly WireItem[]): string {
  const [first] = items;
  if (items.length !== 1 || first === undefined) return `${items.length} transfers`;
  return `${first.transferId}: ${first.amountMinor} ${first.currency} minor units, ${first.from} to ${first.to}`;
}
