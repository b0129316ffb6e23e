import type { BatchView } from '../api/views/batch.ts';
import { until } from '../stack/wait.ts';
import { TENANT } from './accounts.ts';
import { type CpuMs, cpuEach, readCpu, usedCpu } from './cpu.ts';
import type { Ground } from './ground.ts';
import { ask } from './http.ts';
import { median } from './lines.ts';
import { awaitProjected } from './projected.ts';

const TIMEOUT_MS = 300_000;
/** A batch is looked at so often while it lasts that a look is hardly late. */
const LOOKS = 200;
const LOOK_MS = { least: 5, most: 50 };
/** Of so many transfers one asks for more than there is, and one goes to nobody: 5 % are refused. */
const REFUSED_EVERY = 40;

type Made = { readonly id: string; readonly acceptedMs: number; readonly finalMs: number };

/** Each from the request on. */
export type BatchTimes = {
  readonly acceptedMs: number;
  readonly finalMs: number;
  readonly projectedMs: number;
  readonly cpuEachMs: CpuMs;
};

/** `to` names one account that all of it goes to; otherwise it is spread, and 5 % are refused. */
type Wanted = { readonly size: number; readonly accounts: readonly string[]; readonly to?: string };

/** Makes a batch over HTTP and waits until it is final; nobody need be projecting. */
export async function makeBatch(ground: Ground, wanted: Wanted): Promise<Made> {
  const transfers = itemsOf(wanted);
  const begun = performance.now();
  const { id } = await ask<BatchView>('POST', `${ground.api}/api/transfer-batches`, 202, { transfers });
  const acceptedMs = performance.now() - begun;
  await awaitFinal(ground, id, lookMs(wanted));
  return { id, acceptedMs, finalMs: performance.now() - begun };
}

/**
 * Follows a batch until it is in every read table. Processor time is that until it was final.
 * @throws where other transfers were refused than those that must be
 */
async function runBatch(ground: Ground, wanted: Wanted): Promise<BatchTimes> {
  const [begun, before] = [performance.now(), await readCpu(ground.roots())];
  const { id, acceptedMs, finalMs } = await makeBatch(ground, wanted);
  const used = usedCpu(before, await readCpu(ground.roots()));
  await awaitProjected(ground, lookMs(wanted));
  const projectedMs = performance.now() - begun;
  await requireCounts(ground, id, wanted);
  return { acceptedMs, finalMs, projectedMs, cpuEachMs: cpuEach(used, wanted.size) };
}

/** Several runs, in turn with what is compared with them; each time the middle one, with the processor time of the last. */
export async function runBatches(
  ground: Ground,
  wanted: Wanted,
  runs: number,
  inTurn?: () => Promise<void>,
): Promise<BatchTimes> {
  const all: BatchTimes[] = [];
  for (let run = 0; run < runs; run++) {
    await inTurn?.();
    all.push(await runBatch(ground, wanted));
  }
  const middle = (name: 'acceptedMs' | 'finalMs' | 'projectedMs') => median(all.map((one) => one[name]));
  return {
    acceptedMs: middle('acceptedMs'),
    finalMs: middle('finalMs'),
    projectedMs: middle('projectedMs'),
    cpuEachMs: all.at(-1)!.cpuEachMs,
  };
}

function lookMs({ size }: Wanted): number {
  return Math.min(LOOK_MS.most, Math.max(LOOK_MS.least, size / LOOKS));
}

function itemsOf(wanted: Wanted) {
  return Array.from({ length: wanted.size }, (_, at) => itemAt(wanted, at));
}

/** A batch into one account has no refusals; its sources are all the others. */
function itemAt({ accounts, to }: Wanted, at: number) {
  const from = accounts[at % accounts.length]!;
  const spread = accounts[(at + 1 + (at % 7)) % accounts.length]!;
  const plain = { from, to: to ?? spread, amount: '0.01', currency: 'EUR' };
  if (to !== undefined) return plain;
  if (at % REFUSED_EVERY === 0) return { ...plain, amount: '999999999.00' };
  return at % REFUSED_EVERY === REFUSED_EVERY / 2 ? { ...plain, to: 'nobody' } : plain;
}

function readBatch({ api }: Ground, id: string): Promise<BatchView> {
  return ask<BatchView>('GET', `${api}/api/transfer-batches/${id}`, 200);
}

/** Looks at its command's row, by key: each look over HTTP would count its items, which it is to be spared while it runs. */
function awaitFinal({ pool, signal }: Ground, id: string, everyMs: number): Promise<void> {
  const check = async () => {
    const { rows } = await pool.query<{ status: string }>({
      text: `select c.status from batches b join commands c using (tenant, command_id)
             where b.tenant = $1 and b.batch_id = $2`,
      values: [TENANT, id],
    });
    if (rows[0]?.status !== 'completed') throw new Error(`the command of batch ${id} is ${rows[0]?.status}`);
  };
  return until('A batch', check, { timeoutMs: TIMEOUT_MS, everyMs, signal });
}

async function requireCounts(ground: Ground, id: string, { size, to }: Wanted): Promise<void> {
  const { counts } = await readBatch(ground, id);
  const poor = to === undefined ? Math.ceil(size / REFUSED_EVERY) : 0;
  const lost = to === undefined ? Math.ceil((size - REFUSED_EVERY / 2) / REFUSED_EVERY) : 0;
  if (counts.rejected === poor && counts.refunded === lost && counts.completed === size - poor - lost) return;
  throw new Error(`batch ${id} came to ${JSON.stringify(counts)}`);
}
