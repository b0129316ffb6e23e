import { describe, expect, test } from 'vitest';
import { type Checkpoint, checkpointSchema, createCheckpoint, EMPTY, groupOf, spanOf } from './checkpoint.ts';
import type { LogPlace } from './log-rows.ts';

/** A log over some streams, each event with a hash of its own. */
function logOf(length: number): LogPlace[] {
  return Array.from({ length }, (_, index) => ({
    position: BigInt(index + 1),
    tenant: index % 3 === 0 ? 'one' : 'two',
    streamId: `account-a${index % 3}`,
    version: Math.floor(index / 3) + 1,
    hash: Buffer.from(`hash ${index}`),
  }));
}

function checkpointOf(log: readonly LogPlace[], position: number): Checkpoint {
  const checkpoint = createCheckpoint(BigInt(position));
  for (const place of log) checkpoint.follow(place);
  return checkpoint.result('2026-01-01T00:00:00.000Z');
}

const differing = (one: readonly string[], other: readonly string[]) =>
  one.flatMap((part, index) => (part === other[index] ? [] : [index]));

describe('a checkpoint', () => {
  test('has each tenant with its streams, its events and its last position', () => {
    const checkpoint = checkpointOf(logOf(600), 600);
    expect(checkpoint.tenants).toEqual([
      { tenant: 'one', position: 598, streams: 1, events: 200, digest: expect.any(String) },
      { tenant: 'two', position: 600, streams: 2, events: 400, digest: expect.any(String) },
    ]);
    expect(checkpointSchema.parse(checkpoint)).toEqual(checkpoint);
  });

  test('made anew later says the same, for what comes after its position is not covered', () => {
    expect(checkpointOf(logOf(900), 600)).toEqual(checkpointOf(logOf(600), 600));
  });

  test('differs in one span, one group and one tenant where one hash differs', () => {
    const log = logOf(600);
    const altered = log.map((place, index) => (index === 300 ? { ...place, hash: Buffer.from('x') } : place));
    const [was, is] = [checkpointOf(log, 600), checkpointOf(altered, 600)];
    expect(differing(was.spans, is.spans)).toEqual([Math.floor(300 / Number(spanOf(600n)))]);
    expect(differing(was.groups, is.groups)).toEqual([groupOf({ tenant: 'one', streamId: 'account-a0' })]);
    expect(was.tenants.map(({ digest }, index) => digest === is.tenants[index]?.digest)).toEqual([
      false,
      true,
    ]);
  });

  test('differs where two events have changed places', () => {
    const log = logOf(9);
    const [first, second, ...rest] = log;
    if (first === undefined || second === undefined) throw new Error('the log is too short');
    const swapped = [{ ...second, position: 1n }, { ...first, position: 2n }, ...rest];
    expect(checkpointOf(swapped, 9).spans).not.toEqual(checkpointOf(log, 9).spans);
  });

  test('has the same name of a database however far the log has come', () => {
    expect(checkpointOf(logOf(1), 1).database).toBe(checkpointOf(logOf(600), 600).database);
  });

  test('of an empty log covers nothing', () => {
    const checkpoint = checkpointOf([], 0);
    expect(checkpoint).toMatchObject({ database: null, position: 0, tenants: [], spans: [] });
    expect(new Set(checkpoint.groups)).toEqual(new Set([EMPTY]));
  });
});

test.each([1, 255, 256, 257, 512, 1_000_000])('a log of %i positions has at most 256 spans', (position) => {
  expect(Math.ceil(position / Number(spanOf(BigInt(position))))).toBeLessThanOrEqual(256);
});
