import { accountOf, type Fact, type History, type ReadRow } from './history.ts';
import type { Verdict } from './load.ts';
import { replay } from './model.ts';
import { createTally, type Tally } from './tally.ts';

const CASH_AND_LEGS = [
  'MoneyDeposited',
  'MoneyWithdrawn',
  'TransferDebited',
  'HoldCaptured',
  'TransferCredited',
  'TransferRefunded',
];
const TABLES = {
  transactions: (fact: Fact) => CASH_AND_LEGS.includes(fact.type),
  journal: (fact: Fact) => CASH_AND_LEGS.includes(fact.type) || fact.type === 'RefundParked',
} as const;

/** I4: each event that moves money is exactly one row of the transactions and one entry of the journal, and no other row is there. */
export function judgeReadRows({ facts, readRows }: History): Verdict {
  const tally = createTally('I4');
  for (const table of ['transactions', 'journal'] as const) {
    const rows = new Map<string, ReadRow[]>();
    for (const row of readRows.filter((one) => one.table === table)) {
      const name = `${row.streamId}/${row.version}`;
      rows.set(name, [...(rows.get(name) ?? []), row]);
    }
    for (const fact of facts.filter(TABLES[table])) {
      const name = `${fact.streamId}/${fact.version}`;
      expectOneRow(table, fact, rows.get(name) ?? [], tally);
      rows.delete(name);
    }
    const [stray] = rows.keys();
    // Counted only where there is one: a look that finds no row at all proves nothing.
    if (stray !== undefined) {
      tally.expect(false, () => `${table} has a row for ${stray}, which is no event that moves money`);
    }
  }
  return tally.verdict();
}

function expectOneRow(table: string, fact: Fact, rows: readonly ReadRow[], tally: Tally): void {
  const [row] = rows;
  const amount = row?.amountMinor;
  const isAmount =
    amount === fact.amountMinor || (table === 'transactions' && amount === -(fact.amountMinor ?? 0n));
  tally.expect(rows.length === 1 && isAmount, () => {
    return `${table} has ${rows.length} rows (${amount}) for ${fact.type} of ${fact.streamId} version ${fact.version}, which moved ${fact.amountMinor}`;
  });
}

/** I5, the tables by themselves: what they say is the model's sum of the events. */
export function judgeReadSums({ facts, readRows, balances }: History): Verdict {
  const tally = createTally('I5');
  const ledger = replay(facts);
  for (const { table, streamId, version, closingMinor } of readRows) {
    if (table !== 'transactions') continue;
    const sum = ledger.get(accountOf({ streamId }) ?? '')?.[version]?.balanceMinor;
    tally.expect(
      sum === closingMinor,
      () => `${streamId} version ${version} closes at ${closingMinor} in transactions, the sum is ${sum}`,
    );
  }
  for (const [accountId, states] of ledger) {
    const row = balances.find((one) => one.accountId === accountId);
    const state = states.at(-1);
    const isSame =
      row?.version === states.length - 1 &&
      row.balanceMinor === state?.balanceMinor &&
      row.heldMinor === state.heldMinor;
    tally.expect(isSame, () => {
      return `balances has account ${accountId} at version ${row?.version} with ${row?.balanceMinor}, its events end at ${states.length - 1} with ${state?.balanceMinor}`;
    });
  }
  return tally.verdict();
}

/** I7: nothing waits for the relay any more, and no letter is there but those that were planted. */
export function judgeLetters({ outbox, letters }: History, planted: number): Verdict {
  const tally = createTally('I7');
  tally.expect(outbox === 0, () => `${outbox} events wait in the outbox`);
  tally.expect(letters === planted, () => `there are ${letters} dead letters, ${planted} were planted`);
  return tally.verdict();
}
