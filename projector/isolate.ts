import { isConflict } from '../platform/postgres.ts';
import { isDataError } from '../sql/data-error.ts';
import { condemn, type Delivery } from './delivery.ts';

/**
 * Applies deliveries; where Postgres refuses a value, they are halved until the event that holds it is alone, and
 * that one is poison. `apply` must leave nothing behind when it throws.
 * @throws what `apply` throws for any other reason, or where the poison alone is refused as well.
 */
export async function isolate(
  deliveries: readonly Delivery[],
  apply: (deliveries: readonly Delivery[]) => Promise<void>,
): Promise<void> {
  try {
    await apply(deliveries);
  } catch (error) {
    if (!isDataError(error) || isConflict(error)) throw error;
    const [only] = deliveries;
    if (only === undefined || (deliveries.length === 1 && isCondemned(only))) throw error;
    if (deliveries.length === 1) return isolate([condemn(only, error)], apply);
    const middle = Math.ceil(deliveries.length / 2);
    await isolate(deliveries.slice(0, middle), apply);
    await isolate(deliveries.slice(middle), apply);
  }
}

function isCondemned(delivery: Delivery): boolean {
  return delivery.kind === 'unreadable' || delivery.fact instanceof Error;
}
