import { describe, expect, test } from 'vitest';
import type { CommandRow, Fact, History } from './history.ts';
import type { Observation } from './load.ts';
import { completed, fact, post, read, refused, STATUSES, transfer, WORLD } from './made-up.ts';
import { add, asks, is, replace, see, violations } from './planting.ts';

const T4 = { transferId: 't4', from: 'hot', to: 'a1', amountMinor: 500n };

test('a run in which everything is right has no violation', () => {
  expect(violations({})).toEqual({});
});

describe('named is', () => {
  test('I1, I9 and I10: a credit that was written twice', () => {
    const twice = fact('a1', 7, 'TransferCredited', { ...T4, balanceMinor: 14_000n });
    const wrong = violations({ facts: add(twice) });
    expect(Object.keys(wrong)).toEqual(['I1', 'I9', 'I10']);
    expect(wrong.I9).toBe('transfer t4 happened 2 times: account a1 at version 6, account a1 at version 7');
  });

  test('I1 and I10: a refund that was lost', () => {
    const lost = replace(is('t2', 'TransferRefunded'), fact('a1', 5, 'AccountOpened'));
    const wrong = violations({ facts: (facts) => [...lost(facts)].sort(byPlace) });
    expect(wrong).toMatchObject({ I10: expect.stringContaining('t2 has 1 debits and 0 ends') });
    expect(Object.keys(wrong)).toContain('I1');
  });

  test('I9: an unknown answer whose transfer happened twice', () => {
    const debit = fact('hot', 5, 'TransferDebited', { ...T4, balanceMinor: 6_000n });
    const credit = fact('a1', 7, 'TransferCredited', { ...T4, balanceMinor: 14_000n });
    const wrong = violations({ facts: add(debit, credit) });
    expect(Object.keys(wrong)).toEqual(['I9', 'I10']);
    expect(wrong.I9).toContain('transfer t4 happened 2 times');
  });

  test('I9: an unknown answer whose transfer happened, and is not there for GET', () => {
    const statuses = new Map([...STATUSES, ['t4', null]]);
    expect(violations({ statuses })).toEqual({
      I9: 'transfer t4 is not there (404) for GET, and by its events completed',
    });
  });

  test('I9: a balance in an answer that no order explains', () => {
    const body = { amount: '1.00', currency: 'EUR', description: 'd9' };
    const text = JSON.stringify({ version: 5, balance: '66.01' });
    const seen = { ...WORLD.observations[0]!, key: 'key-d9', body, sentAt: 900, seenAt: 910 };
    const paid = { amountMinor: 100n, balanceMinor: 6_600n, description: 'd9' };
    const wrong = violations({
      facts: (facts) => [...facts, fact('hot', 5, 'MoneyDeposited', paid)].sort(byPlace),
      observations: see({ ...seen, answer: { status: 201, replayed: false, text } }),
    });
    expect(wrong).toEqual({
      I9: 'deposit d9 was answered with version 5 and balance 66.01: no order explains that',
    });
  });

  test('I9: a refusal that was never justified', () => {
    const small = transfer(400, ['t3', 'hot', 'a1', '20.00'], refused('insufficient-funds', 'rejected'));
    expect(violations({ observations: replace(asks('t3'), small) })).toEqual({
      I9: 'transfer t3 was refused for insufficient funds, and account hot always had 2000',
    });
  });

  test('I9: a refusal that earlier and later states would justify, but none while it was asked', () => {
    // Hot had nothing before its deposit, which was answered long before, and 65.00 only after t4, which was sent later.
    const doubtful = transfer(400, ['t3', 'hot', 'a1', '70.00'], refused('insufficient-funds', 'rejected'));
    expect(Object.keys(violations({ observations: replace(asks('t3'), doubtful) }))).toEqual(['I9']);
    const justified = transfer(400, ['t3', 'hot', 'a1', '70.01'], refused('insufficient-funds', 'rejected'));
    expect(violations({ observations: replace(asks('t3'), justified) })).toEqual({});
  });

  test('I9: a transfer that nobody asked for', () => {
    const stray = { transferId: 't99', from: 'hot', to: 'a1', amountMinor: 1n };
    const wrong = violations({
      facts: add(fact('a1', 7, 'TransferCredited', { ...stray, balanceMinor: 13_501n })),
    });
    expect(wrong.I9).toBe('nobody asked for TransferCredited of account a1 at version 7');
  });

  test('I9: a completed transfer of which nothing is there', () => {
    const ghost = transfer(
      700,
      ['t5', 'hot', 'a1', '1.00'],
      completed([
        ['debit', 'hot', 5],
        ['credit', 'a1', 7],
      ]),
    );
    const wrong = violations({ observations: see(ghost), statuses: new Map([...STATUSES, ['t5', null]]) });
    expect(wrong.I9).toContain('its events are none');
  });

  test('I9: something accepted that was lost', () => {
    const lost = transfer(700, ['t5', 'hot', 'a1', '1.00'], { status: 202, body: { status: 'requested' } });
    const wrong = violations({ observations: see(lost), statuses: new Map([...STATUSES, ['t5', null]]) });
    expect(wrong).toEqual({ I9: 't5 was accepted (202), and no command is there for it' });
  });

  test('I9: a hold, and cash, accepted without a key and lost', () => {
    const keyless = (path: string, body: Observation['body']) => {
      const answer = { status: 202, body: { id: 'c9', status: 'accepted' } };
      return { ...post(700, path, body, answer), key: null };
    };
    const hold = keyless('/api/holds', { id: 'h1', accountId: 'hot', amount: '1.00' });
    const wrong = violations({ observations: see(hold) });
    expect(wrong).toEqual({ I9: 'h1 was accepted (202), and no command is there for it' });
    const cash = keyless('/api/accounts/hot/deposits', { amount: '1.00', description: 'd9' });
    expect(violations({ observations: see(cash) })).toEqual({
      I9: 'd9 was accepted (202), and no command is there for it',
    });
    const there = violations({
      observations: see(cash),
      history: command({ commandId: 'c9', status: 'rejected' }),
    });
    expect(there).toEqual({});
  });

  test('I9: a hold without a key whose command completed, and that is not there', () => {
    const body = { id: 'h1', accountId: 'hot', amount: '1.00' };
    const wrong = violations({
      observations: see({ ...post(700, '/api/holds', body, null), key: null }),
      history: command({ commandId: 'c9', resourceId: 'h1' }),
    });
    expect(wrong).toEqual({ I9: 'the command of hold h1 is completed, and it did not happen' });
  });

  test.each(['deadline-exceeded', 'processing-failed'] as const)(
    'I9: a transfer that was given up as %s where the fault brings no such thing',
    (code) => {
      const rejected = transfer(400, ['t3', 'hot', 'a1', '500.00'], refused(code, 'cancelled'));
      const planted = {
        observations: replace(asks('t3'), rejected),
        facts: replace(
          is('t3', 'TransferRejected'),
          fact('transfer-t3', 1, 'TransferCancelled', { transferId: 't3', refusalCode: code }),
        ),
        statuses: new Map([...STATUSES, ['t3', 'cancelled']]),
      };
      expect(violations(planted)).toEqual({ I9: `transfer t3 was refused as ${code}: never justified` });
      expect(violations({ ...planted, mayGiveUp: [code] })).toEqual({});
      const refund = (one: Fact) => (is('t2', 'TransferRefunded')(one) ? { ...one, refusalCode: code } : one);
      expect(violations({ facts: (facts) => facts.map(refund) }).I9).toContain(`was refunded as ${code}`);
    },
  );

  test('I9: a refund that was parked where the fault brings no such thing', () => {
    const parked = fact('transfer-t2', 2, 'RefundParked', {
      ...{ transferId: 't2', amountMinor: 1_000n, refusalCode: 'account-closed' },
    });
    const wrong = violations({ facts: add(parked) });
    expect(wrong.I9).toBe('transfer t2 was parked as account-closed and needs attention: never justified');
    expect(violations({ facts: add(parked), mayGiveUp: ['needs_attention'] }).I9).toBeUndefined();
  });

  test('I9: an order that real time contradicts', () => {
    // t1 has version 3 of hot and t4 version 4: t4 cannot have been seen to end before t1 was asked for.
    const early = transfer(
      20,
      ['t4', 'hot', 'a1', '5.00'],
      completed([
        ['debit', 'hot', 4],
        ['credit', 'a1', 6],
      ]),
    );
    const wrong = violations({ observations: replace(asks('t4'), early) });
    expect(wrong).toEqual({ I9: 'version 4 of account hot had ended before version 3 was asked for' });
  });

  test('I9: a read that goes backwards, and one with a balance of another version', () => {
    expect(violations({ observations: see(read(700, 'a1', 5, '130.00')) })).toEqual({
      I9: 'account a1 was read at version 5 after somebody had read version 6',
    });
    expect(violations({ observations: see(read(700, 'a1', 6, '130.00')) }).I9).toContain(
      'at version 6, where it had 13500',
    );
  });

  test('I9: a read of an account, or of a version that was told, that finds none', () => {
    const lost = { ...read(700, 'a1', 6, '135.00'), answer: { status: 409, replayed: false, text: '{}' } };
    expect(violations({ observations: see(lost) })).toEqual({
      I9: 'GET /api/accounts/a1 was answered 409 {}',
    });
  });

  test('I9: a deposit whose command completed, and that did not happen', () => {
    const wrong = violations({
      observations: (seen) => [
        ...seen,
        { ...seen[0]!, key: 'key-d9', body: { amount: '1.00', description: 'd9' }, answer: null },
      ],
      history: (history) => ({
        ...history,
        commands: [...history.commands, { ...history.commands[0]!, commandId: 'c9', key: 'key-d9' }],
      }),
    });
    expect(wrong).toEqual({ I9: 'the command of deposit d9 is completed, and it did not happen' });
  });

  test('I8: two answers to one key', () => {
    const other = transfer(250, ['t1', 'hot', 'a1', '30.00'], completed([['debit', 'hot', 3]]));
    expect(violations({ observations: see(other) }).I8).toContain('key key-t1 was answered 201');
  });

  test('I2: an account below its limit', () => {
    const wrong = violations({
      facts: (facts) =>
        facts.map((one) => (one.type === 'MoneyDeposited' ? { ...one, amountMinor: 1_000n } : one)),
    });
    expect(wrong.I2).toBe('account hot has -2000 available at version 3');
  });

  test('I6: a version that is missing, and a head that is behind', () => {
    const gap = (facts: readonly Fact[]) =>
      facts.map((one) => (is('t4', 'TransferDebited')(one) ? { ...one, version: 5 } : one));
    expect(violations({ facts: gap }).I6).toBe('account-hot has version 5 where 4 is next');
    const behind = (history: History) => ({
      ...history,
      heads: history.heads.map((head) => ({ ...head, version: head.version - 1 })),
    });
    expect(violations({ history: behind }).I6).toBe('the head of account-hot is at 3, its events end at 4');
  });

  test('I4: an event that is missing in the read model, and one that is there twice', () => {
    const drop = (history: History) => ({ ...history, readRows: history.readRows.slice(1) });
    expect(violations({ history: drop }).I4).toContain('transactions has 0 rows');
    const double = (history: History) => ({
      ...history,
      readRows: [...history.readRows, history.readRows[1]!],
    });
    expect(violations({ history: double }).I4).toContain('journal has 2 rows');
  });

  test('I5: a balance in the read model that is not the sum of the events', () => {
    const alter = (history: History) => ({
      ...history,
      balances: history.balances.map((row) => ({ ...row, balanceMinor: row.balanceMinor + 1n })),
    });
    expect(violations({ history: alter })).toEqual({
      I5: 'balances has account hot at version 4 with 6501, its events end at 4 with 6500',
    });
  });

  test('I7: an event that waits in the outbox, and a letter that nobody planted', () => {
    expect(violations({ history: (history) => ({ ...history, outbox: 1 }) })).toEqual({
      I7: '1 events wait in the outbox',
    });
    expect(violations({ history: (history) => ({ ...history, letters: 1 }) })).toEqual({
      I7: 'there are 1 dead letters, 0 were planted',
    });
  });

  test('I3: a command that is not final, or became so after more than a minute', () => {
    const set = (change: object) => (history: History) => ({
      ...history,
      commands: history.commands.map((command) => ({ ...command, ...change })),
    });
    expect(violations({ history: set({ status: 'accepted', finishedAtMs: null }) }).I3).toContain(
      'is accepted',
    );
    expect(violations({ history: set({ finishedAtMs: 60_001 }) }).I3).toContain('60001 ms after the heal');
    expect(violations({ history: set({ finishedAtMs: 59_999 }) })).toEqual({});
  });
});

function byPlace(one: Fact, other: Fact): number {
  return one.streamId === other.streamId
    ? one.version - other.version
    : one.streamId < other.streamId
      ? -1
      : 1;
}

/** One more command that Remit tells of. */
function command(more: Partial<CommandRow>): (history: History) => History {
  const row = { commandId: 'c9', resourceId: 'hot', key: null, status: 'completed', finishedAtMs: 1_000 };
  return (history) => ({ ...history, commands: [...history.commands, { ...row, ...more }] });
}
