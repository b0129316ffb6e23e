import { z } from 'zod';
import { batchBody } from './asked.ts';
import { type BatchTold, readBatchTold } from './batch-told.ts';
import type { Case } from './case.ts';
import { endOf } from './effects.ts';
import type { CommandRow } from './history.ts';
import type { Observation } from './load.ts';
import type { Tally } from './tally.ts';

/** A batch that clients asked for, however often: it is recorded whole, once, or not at all. */
export type AskedBatch = {
  readonly id: string;
  /** Ids of its transfers; each is a wish of its own too. */
  readonly items: readonly string[];
  readonly requests: readonly Observation[];
};

type Counts = BatchTold['counts'];

const COUNT_OF: Readonly<Record<string, Exclude<keyof Counts, 'total'>>> = {
  completed: 'completed',
  rejected: 'rejected',
  refunded: 'refunded',
  cancelled: 'cancelled',
  needs_attention: 'needsAttention',
};

/** Every batch that the observed requests asked for, by id. */
export function collectBatches(observations: readonly Observation[]): ReadonlyMap<string, AskedBatch> {
  const batches = new Map<string, AskedBatch>();
  for (const seen of observations) {
    if (seen.method !== 'POST' || seen.path !== '/api/transfer-batches') continue;
    const { id, transfers } = batchBody.parse(seen.body);
    const requests = [...(batches.get(id)?.requests ?? []), seen];
    batches.set(id, { id, items: transfers.map((one) => one.id), requests });
  }
  return batches;
}

/** One batch: there with all its items or not at all, and whatever is said of it is what its items' events say. */
export function explainBatch(batch: AskedBatch, of: Case, tally: Tally): void {
  const command = of.history.commands.find(({ resourceId }) => resourceId === batch.id);
  const counts = countEnds(batch, of);
  checkWhole(batch, command, of, tally);
  checkTold(batch, command, counts, of, tally);
  for (const seen of batch.requests) checkBatchAnswer(batch, seen, command, counts, tally);
}

function countEnds({ items }: AskedBatch, { effectsOf }: Case): Counts {
  const none = { completed: 0, rejected: 0, refunded: 0, cancelled: 0, needsAttention: 0, pending: 0 };
  const counts = { total: items.length, ...none };
  for (const item of items) counts[COUNT_OF[endOf(effectsOf(item)) ?? ''] ?? 'pending'] += 1;
  return counts;
}

function checkWhole(
  { id, items }: AskedBatch,
  command: CommandRow | undefined,
  { history }: Case,
  tally: Tally,
): void {
  const there = items.filter((item) => typeof history.transferStatuses.get(item) === 'string');
  tally.expect(there.length === (command === undefined ? 0 : items.length), () => {
    return `the command of batch ${id} is ${command?.status ?? 'not there'}, and ${there.length} of its ${items.length} transfers are`;
  });
}

/** What GET says of it at last. Nobody cancels a batch. */
function checkTold(
  { id }: AskedBatch,
  command: CommandRow | undefined,
  counts: Counts,
  { history }: Case,
  tally: Tally,
): void {
  const told = history.batches.get(id) ?? null;
  const status = counts.pending === 0 ? 'completed' : 'running';
  const isRight =
    command === undefined ? told === null : told?.status === status && isSame(told.counts, counts);
  tally.expect(isRight, () => {
    const said = told === null ? 'is not there (404)' : `is ${told.status} with ${show(told.counts)}`;
    return `batch ${id} ${said} for GET, its command is ${command?.status ?? 'not there'}, and its events say ${show(counts)}`;
  });
}

function checkBatchAnswer(
  { id, requests }: AskedBatch,
  { key, answer }: Observation,
  command: CommandRow | undefined,
  counts: Counts,
  tally: Tally,
): void {
  // An unknown answer says nothing.
  if (answer === null || answer.status === 429 || answer.status >= 500) return;
  const body: unknown = JSON.parse(answer.text);
  if (answer.status !== 202) {
    const { code } = refusalAnswer.parse(body);
    // Without a key a repeat finds its ids taken, by itself.
    const isTaken = (code === 'batch-exists' || code === 'transfer-exists') && key === null;
    tally.expect(isTaken && requests.length > 1, () => {
      return `batch ${id} was answered ${answer.status} ${code}: never justified`;
    });
    return;
  }
  tally.expect(command !== undefined, () => `batch ${id} was accepted (202), and no command is there for it`);
  const told = readBatchTold(body);
  tally.expect(isOnTheWay(told, counts), () => {
    return `batch ${id} was answered ${told.status} with ${show(told.counts)}, its events say ${show(counts)}`;
  });
}

const refusalAnswer = z.object({ code: z.string().optional() });

/** Done means all of it; until then no more has ended, in each way, than does in the end. */
function isOnTheWay({ status, counts: told }: BatchTold, counts: Counts): boolean {
  if (status === 'completed') return isSame(told, counts) && told.pending === 0;
  const ended = Object.values(COUNT_OF);
  const sum = ended.reduce((all, name) => all + told[name], told.pending);
  const isWhole = told.total === counts.total && sum === told.total;
  return status === 'running' && isWhole && ended.every((name) => told[name] <= counts[name]);
}

function isSame(one: Counts, other: Counts): boolean {
  return show(one) === show(other);
}

function show({ total, pending, ...counts }: Counts): string {
  const ends = Object.values(COUNT_OF).map((name) => `${counts[name as keyof typeof counts]} ${name}`);
  return `${ends.join(', ')}, ${pending} pending of ${total}`;
}
