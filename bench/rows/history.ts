import { encodeCursor } from '../../api/border/cursor.ts';
import { depositOnce, type ledgerOf, openWithHistory } from '../accounts.ts';
import { type CpuMs, cpuEach, readCpu, usedCpu } from '../cpu.ts';
import type { Ground } from '../ground.ts';
import { timeAsk } from '../http.ts';
import { type Line, median, ms } from '../lines.ts';
import type { Plan } from '../plan.ts';
import { awaitProjected } from '../projected.ts';

type Ledger = ReturnType<typeof ledgerOf>;
/** Of the requests of one kind on one account, in milliseconds. */
type Times = Record<'command' | 'decision' | 'account' | 'firstPage' | 'deepPage', number[]>;

/** Row g: a deposit on accounts with short and long histories, and what is read of them. */
export async function history(ground: Ground, ledger: Ledger, plan: Plan): Promise<Line[]> {
  for (const events of plan.histories) {
    console.log(`making a history of ${events.toLocaleString('en-US')} events`);
    await openWithHistory(ledger, idOf(events), events, ground.signal);
  }
  await awaitProjected(ground, 100);
  const times = new Map(plan.histories.map((events) => [events, noTimes()]));
  const before = await readCpu(ground.roots());
  for (let at = 0; at < plan.samples; at++) {
    ground.signal.throwIfAborted();
    // In turn, so that whatever happens meanwhile happens to all of them.
    for (const [events, of] of times) await measureOnce(ground, ledger, events, of);
  }
  const used = usedCpu(before, await readCpu(ground.roots()));
  const cpuEachMs = cpuEach(used, plan.samples * plan.histories.length);
  return [...times].map(([events, of]) => lineOf(events, of, cpuEachMs));
}

async function measureOnce({ api }: Ground, ledger: Ledger, events: number, of: Times): Promise<void> {
  const account = `${api}/api/accounts/${idOf(events)}`;
  const deep = encodeCursor('transactions', { accountId: idOf(events), before: Math.ceil(events / 2) });
  of.command.push(await timeAsk('POST', `${account}/deposits`, 201, { amount: '0.01', currency: 'EUR' }));
  const begun = performance.now();
  await depositOnce(ledger, idOf(events));
  of.decision.push(performance.now() - begun);
  of.account.push(await timeAsk('GET', account, 200));
  of.firstPage.push(await timeAsk('GET', `${account}/transactions`, 200));
  of.deepPage.push(await timeAsk('GET', `${account}/transactions?cursor=${deep}`, 200));
}

function lineOf(events: number, times: Times, cpuEachMs: CpuMs): Line {
  const figures = [
    ms('deposit p50', median(times.command)),
    ms('decision p50', median(times.decision)),
    ms('GET account p50', median(times.account)),
    ms('first page p50', median(times.firstPage)),
    ms('deep page p50', median(times.deepPage)),
  ];
  const what = `an account with ${events.toLocaleString('en-US')} events`;
  return { id: `g.${events}`, what, figures, cpuEachMs };
}

function idOf(events: number): string {
  return `history-${events}`;
}

function noTimes(): Times {
  return { command: [], decision: [], account: [], firstPage: [], deepPage: [] };
}
