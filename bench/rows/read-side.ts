import { readRelayCursor } from '../../sql/relay-cursor.ts';
import { until } from '../../stack/wait.ts';
import { makeBatch } from '../batch.ts';
import { cpuEach, readCpu, usedCpu } from '../cpu.ts';
import type { Ground } from '../ground.ts';
import { type Line, ms, perSecond } from '../lines.ts';
import { runLoad } from '../load/run-load.ts';
import type { Plan } from '../plan.ts';
import { awaitProjected, readProjections } from '../projected.ts';
import { spread } from './singles.ts';

const CALLERS = 64;
/** Few beside the load, so that they measure it and do not make it. */
const WATCHERS = 2;
const BATCH = 10_000;
const RELAY = 'kafka';
const CATCH_UP_TIMEOUT_MS = 600_000;
const LOOK_MS = 20;

/** Row e: how long after its 201 a transfer can be read at full load, and how fast relay and projector are by themselves. */
export async function readSide(ground: Ground, accounts: readonly string[], plan: Plan): Promise<Line[]> {
  return [await lagAtLoad(ground, accounts, plan), await catchUp(ground, accounts, plan)];
}

async function lagAtLoad(ground: Ground, accounts: readonly string[], plan: Plan): Promise<Line> {
  const { warmUpMs, windowMs } = plan;
  const job = { ...spread(ground, accounts), warmUpMs, windowMs };
  const [load, seen] = await Promise.all([
    runLoad({ ...job, callers: CALLERS }, ground.roots(), ground.signal),
    runLoad({ ...job, callers: WATCHERS, time: 'visible' }, {}, ground.signal),
  ]);
  const figures = [
    ms('lag p50', seen.p50Ms),
    ms('lag p99', seen.p99Ms),
    perSecond('load', load.done / load.seconds),
  ];
  const failed = { ...load.failed, ...seen.failed };
  const what = `from the 201 until a GET has it, at ${CALLERS} callers`;
  return { id: 'e.lag', what, figures, failed, cpuEachMs: load.cpuEachMs };
}

/** What was committed while no projector ran, each of relay and projector from the first that it moves. */
async function catchUp(ground: Ground, accounts: readonly string[], plan: Plan): Promise<Line> {
  await awaitProjected(ground, 50);
  const from = await readProjected(ground);
  await ground.withoutProjector(async () => {
    for (let made = 0; made < plan.backlogBatches; made++) await makeBatch(ground, { size: BATCH, accounts });
  });
  const to = await readLast(ground);
  const before = await readCpu(ground.roots());
  const [relayed, projected] = await Promise.all([
    rateOf(ground, () => readRelayed(ground), { from, to }),
    rateOf(ground, () => readProjected(ground), { from, to }),
  ]);
  const used = usedCpu(before, await readCpu(ground.roots()));
  const figures = [perSecond('relayed', relayed), perSecond('projected', projected)];
  const what = `catching up with ${(to - from).toLocaleString('en-US')} events`;
  return { id: 'e.rate', what, figures, cpuEachMs: cpuEach(used, to - from) };
}

/** Positions a second, from the first look that sees a move until all is there. */
async function rateOf(
  { signal }: Ground,
  read: () => Promise<number>,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<number> {
  let [begun, moved] = [0, from];
  const check = async () => {
    const position = await read();
    if (begun === 0 && position > from) [begun, moved] = [performance.now(), position];
    if (position < to) throw new Error(`at ${position} of ${to}`);
  };
  await until('Catching up', check, { timeoutMs: CATCH_UP_TIMEOUT_MS, everyMs: LOOK_MS, signal });
  if (moved >= to) throw new Error(`all was moved between two looks: it takes more than ${to - from} events`);
  return ((to - moved) / (performance.now() - begun)) * 1_000;
}

/** The position up to which every read table has everything. */
async function readProjected(ground: Ground): Promise<number> {
  return Math.min(...(await readProjections(ground)).items.map(({ position }) => position));
}

async function readRelayed({ pool }: Ground): Promise<number> {
  return Number(await readRelayCursor(pool, RELAY));
}

/** What the log will end with, when all that waits in the outbox is in it. */
async function readLast({ pool }: Ground): Promise<number> {
  const { rows } = await pool.query<{ last: bigint }>(
    'select position + (select count(*) from outbox) as last from log_head',
  );
  return Number(rows[0]!.last);
}
