import { ledgerOf, openAccounts } from './accounts.ts';
import { createCeiling } from './ceiling.ts';
import type { Ground } from './ground.ts';
import type { Line } from './lines.ts';
import type { Plan } from './plan.ts';
import { figuresOf } from './report.ts';
import { batches } from './rows/batches.ts';
import { history } from './rows/history.ts';
import { hotAccount } from './rows/hot-account.ts';
import { idle } from './rows/idle.ts';
import { memory } from './rows/memory.ts';
import { readSide } from './rows/read-side.ts';
import { rebuildAndVerify } from './rows/rebuild-and-verify.ts';
import { scaledOut } from './rows/scaled-out.ts';
import { singles } from './rows/singles.ts';

type Row = { readonly name: string; readonly measure: () => Promise<Line[]> };

/**
 * All rows, one after the other. What is compared comes close together; memory, idleness, rebuilds and proof are looked at
 * before a long history makes the store larger.
 */
export async function measureRows(ground: Ground, plan: Plan): Promise<Line[]> {
  const ceiling = await createCeiling(ground, plan);
  const ledger = ledgerOf(ground.pool);
  const accounts = await openAccounts(ledger);
  const rows: readonly Row[] = [
    { name: 'a, b: singles and the sample', measure: () => singles(ground, accounts, plan) },
    { name: 'c, h: batches and the ceiling', measure: () => batches(ground, accounts, plan, ceiling) },
    { name: 'd: a hot account', measure: () => hotAccount(ground, accounts, plan) },
    { name: 'e: the read side', measure: () => readSide(ground, accounts, plan) },
    { name: 'k: two of each', measure: () => scaledOut(ground, accounts, plan) },
    { name: 'i: memory', measure: () => memory(ground, accounts, plan) },
    { name: 'j: idle', measure: () => idle(ground, plan) },
    { name: 'f, h: rebuild and verify, and the ceiling', measure: () => rebuildAndVerify(ground, ceiling) },
    { name: 'g: cost against history', measure: () => history(ground, ledger, plan) },
  ];
  const lines: Line[] = [];
  for (const { name, measure } of rows) {
    ground.signal.throwIfAborted();
    console.log(`\n${name}`);
    const measured = await measure();
    for (const line of measured) console.log(`${line.id.padEnd(16)} ${figuresOf(line)}`);
    lines.push(...measured);
    ground.requireUnharmed();
  }
  return lines.toSorted((a, b) => a.id.charAt(0).localeCompare(b.id.charAt(0)));
}
