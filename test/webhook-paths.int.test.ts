import { expect, test } from 'vitest';
import { usePathParts } from './path-parts.ts';
import { WEBHOOK_PATHS, walkDelivery } from './webhook-paths.ts';

const parts = usePathParts();

test.each(WEBHOOK_PATHS.map((path) => [path.name, path] as const))('%s', async (_, path) => {
  const { lab, result, receiver, deliveryId } = await walkDelivery(path, parts());
  expect(result).toBe(path.ends);
  const { rows } = await lab.pool.query(
    'select status, attempts, round from webhook_deliveries where delivery_id = $1',
    [deliveryId],
  );
  // A round that was superseded leaves the delivery to the next one.
  const status = path.ends === 'superseded' ? 'pending' : path.ends;
  const round = path.ends === 'superseded' ? 2 : 1;
  expect(rows).toEqual([{ status, round, attempts: receiver.received.length }]);
  expect(new Set(receiver.received.map(({ headers }) => headers['remit-delivery']))).toEqual(
    new Set([deliveryId]),
  );
  await lab.close();
});
