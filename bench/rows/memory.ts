import { makeBatch } from '../batch.ts';
import { readMemoryMiB } from '../cpu.ts';
import type { Ground } from '../ground.ts';
import type { Figure, Line } from '../lines.ts';
import type { Plan } from '../plan.ts';
import { awaitProjected } from '../projected.ts';

const BATCH = 10_000;

/** Row i: memory of each process after the transfers made so far, topped up with batches to what the plan wants. */
export async function memory(ground: Ground, accounts: readonly string[], plan: Plan): Promise<Line[]> {
  let made = await countTransfers(ground);
  while (made < plan.transfersForMemory) {
    await makeBatch(ground, { size: BATCH, accounts });
    made = await countTransfers(ground);
  }
  await awaitProjected(ground, 100);
  const sizes = Object.entries(await readMemoryMiB(ground.roots()));
  const figures = sizes.map(([label, value]): Figure => ({ label, value, unit: 'MiB' }));
  return [{ id: 'i', what: `memory after ${made.toLocaleString('en-US')} transfers`, figures }];
}

async function countTransfers({ pool }: Ground): Promise<number> {
  const { rows } = await pool.query<{ count: bigint }>(
    `select count(*) from heads where stream_id like 'transfer-%'`,
  );
  return Number(rows[0]!.count);
}
