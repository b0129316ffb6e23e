import { describe, expect, test } from 'vitest';
import type { BatchTold } from './batch-told.ts';
import type { History } from './history.ts';
import type { Observation } from './load.ts';
import { fact, post, STATUSES } from './made-up.ts';
import { see, violations } from './planting.ts';

const ITEMS = [
  { id: 'b1-i0', from: 'hot', to: 'a1', amount: '900.00' },
  { id: 'b1-i1', from: 'a1', to: 'hot', amount: '800.00' },
];
const NONE = { completed: 0, rejected: 0, refunded: 0, cancelled: 0, needsAttention: 0, pending: 0 };
const DONE: BatchTold = { status: 'completed', counts: { ...NONE, total: 2, rejected: 2 } };
const BEGUN: BatchTold = { status: 'running', counts: { ...NONE, total: 2, rejected: 1, pending: 1 } };

/** Both of its transfers ask for too much. */
const REJECTED = ITEMS.map(({ id }) => {
  return fact(`transfer-${id}`, 1, 'TransferRejected', { transferId: id, refusalCode: 'insufficient-funds' });
});

function ask(answer: { readonly status: number; readonly body: object } | null): Observation {
  return post(800, '/api/transfer-batches', { id: 'b1', transfers: ITEMS }, answer);
}

/** The world with a batch in it, of which GET says `told`; null: it is gone, and so is its command. */
function withBatch(
  answers: readonly (BatchTold | null)[],
  told: BatchTold | null,
  more: readonly Observation[] = [],
) {
  const asked = answers.map((body) => ask(body && { status: 202, body }));
  const items = ITEMS.map(({ id }) => [id, told === null ? null : 'rejected'] as const);
  return violations({
    observations: see(...asked, ...more),
    facts: (facts) => [...facts, ...(told === null ? [] : REJECTED)],
    statuses: new Map([...STATUSES, ...items]),
    history: (history) => ({
      ...(told === null ? history : recorded(history)),
      batches: new Map([['b1', told]]),
    }),
  });
}

/** With the batch's command. */
function recorded(history: History): History {
  const command = {
    commandId: 'c9',
    resourceId: 'b1',
    key: 'key-b1',
    status: 'completed',
    finishedAtMs: 1_000,
  };
  return { ...history, commands: [...history.commands, command] };
}

test('a batch that is answered, told and done as its events say has no violation; nor has one of which nothing is there', () => {
  expect(withBatch([null, DONE], DONE)).toEqual({});
  expect(withBatch([null, BEGUN], DONE)).toEqual({});
  expect(withBatch([null], null)).toEqual({});
});

describe('named is', () => {
  test('a batch that was accepted, and vanished', () => {
    expect(withBatch([BEGUN], null)).toEqual({
      I9: 'batch b1 was accepted (202), and no command is there for it',
    });
  });

  test('an answer that says of a batch what its events do not', () => {
    const events = '0 completed, 2 rejected, 0 refunded, 0 cancelled, 0 needsAttention, 0 pending of 2';
    const other: BatchTold = {
      status: 'completed',
      counts: { ...NONE, total: 2, completed: 1, rejected: 1 },
    };
    const said = '1 completed, 1 rejected, 0 refunded, 0 cancelled, 0 needsAttention, 0 pending of 2';
    expect(withBatch([other], DONE)).toEqual({
      I9: `batch b1 was answered completed with ${said}, its events say ${events}`,
    });
    expect(withBatch([{ ...BEGUN, counts: other.counts }], DONE).I9).toContain('was answered running');
    expect(withBatch([DONE], other)).toEqual({
      I9: `batch b1 is completed with ${said} for GET, its command is completed, and its events say ${events}`,
    });
  });

  test('a batch of which one transfer is missing, and one that is done by its answer though one was never decided', () => {
    const half = (answer: BatchTold, status: string | null) =>
      violations({
        observations: see(ask({ status: 202, body: answer })),
        facts: (facts) => [...facts, ...REJECTED.slice(0, 1)],
        statuses: new Map([...STATUSES, ['b1-i0', 'rejected'], ['b1-i1', status]]),
        history: (history) => ({ ...recorded(history), batches: new Map([['b1', BEGUN]]) }),
      });
    expect(half(BEGUN, null)).toEqual({
      I9: 'the command of batch b1 is completed, and 1 of its 2 transfers are',
    });
    expect(half(DONE, 'requested').I9).toContain(
      'batch b1 was answered completed with 0 completed, 2 rejected',
    );
  });

  test('a refusal of a batch as sent before, under a key', () => {
    const taken = ask({ status: 409, body: { status: 409, code: 'batch-exists' } });
    expect(withBatch([DONE], DONE, [{ ...taken, key: 'key-other' }])).toEqual({
      I9: 'batch b1 was answered 409 batch-exists: never justified',
    });
    expect(withBatch([DONE], DONE, [{ ...taken, key: null }])).toEqual({});
  });
});
