import { SYSTEM_ACCOUNTS } from '../../domain/ids.ts';
import { decodeEvent } from '../codec.ts';
import { PAGE_SIZE, type Snapshots } from './snapshots.ts';
import { findEvents } from './store-rows.ts';
import { accountOf } from './stream-kind.ts';
import { type EntryPlace, type EntrySum, findTotals, pageEntrySums, pageTotalKeys } from './total-rows.ts';

/** What the entries come to for one account in one currency. */
type Sum = { readonly currency: string; readonly account: string; debits: bigint; credits: bigint };
/** A stream's sums for its own account, and the last event that is in them. */
type Customer = { readonly streamId: string; version: number; readonly sums: Map<string, Sum> };

/** Entries that are summed in one statement. */
const ENTRIES_PAGE_SIZE = 5_000;

const isSystem = (account: string): boolean => SYSTEM_ACCOUNTS.some((one) => one === account);

/**
 * The running totals must be the sums of the entries. Both are written in one transaction, so in one snapshot they
 * agree to the last entry, at the watermark and beyond it. A customer's entries all lie in its own stream, so that
 * memory holds the system accounts and one page; its sums must also be the balance after its last entry.
 */
export async function checkTotals(snapshots: Snapshots): Promise<void> {
  const system = new Map<string, Sum>();
  const open = new Map<string, Customer>();
  for (let after: EntryPlace = { streamId: '', version: 0, entry: 0 }; ; ) {
    const page = await pageEntrySums(snapshots.read, snapshots.tenant, after, ENTRIES_PAGE_SIZE);
    const last = page.at(-1);
    for (const row of page) add(row, { system, open }, snapshots);
    await compare(snapshots, take(open, last?.streamId));
    if (last === undefined) break;
    await snapshots.breathe();
    snapshots.progress('totals', page.length);
    after = { streamId: last.streamId, version: last.lastVersion, entry: last.lastEntry };
  }
  await compareTotals(snapshots, [...system.values()]);
  await checkStrayTotals(snapshots, system);
}

/** Takes the streams that are whole: all but the one that may go on on the next page. */
function take(open: Map<string, Customer>, unfinished: string | undefined): Customer[] {
  const whole = [...open.values()].filter(({ streamId }) => streamId !== unfinished);
  for (const { streamId } of whole) open.delete(streamId);
  return whole;
}

type Sums = { readonly system: Map<string, Sum>; readonly open: Map<string, Customer> };

function add(row: EntrySum, { system, open }: Sums, { tally }: Pick<Snapshots, 'tally'>): void {
  const { streamId, currency } = row;
  const owner = accountOf(streamId);
  const customer = open.get(streamId) ?? { streamId, version: 0, sums: new Map<string, Sum>() };
  if (owner !== null) open.set(streamId, customer);
  customer.version = Math.max(customer.version, row.lastVersion);
  const side = (account: string): Sum => {
    const own = account === owner;
    tally.expect('read-tables-equal-folds', own || isSystem(account), () => {
      return `journal_entries row ${streamId}/${row.firstVersion} names account ${account}, which is not its own`;
    });
    return sumOf(isSystem(account) ? system : customer.sums, currency, account);
  };
  side(row.debitAccount).debits += row.amountMinor;
  side(row.creditAccount).credits += row.amountMinor;
}

async function compare(snapshots: Snapshots, customers: readonly Customer[]): Promise<void> {
  for (let first = 0; first < customers.length; first += PAGE_SIZE) {
    const some = customers.slice(first, first + PAGE_SIZE);
    await compareTotals(
      snapshots,
      some.flatMap(({ sums }) => [...sums.values()]),
    );
    await compareBalances(snapshots, some);
    await snapshots.breathe();
  }
}

function sumOf(sums: Map<string, Sum>, currency: string, account: string): Sum {
  const key = `${currency} ${account}`;
  const sum = sums.get(key) ?? { currency, account, debits: 0n, credits: 0n };
  sums.set(key, sum);
  return sum;
}

async function compareTotals({ read, tenant, tally }: Snapshots, sums: readonly Sum[]): Promise<void> {
  const totals = await findTotals(read, tenant, sums);
  for (const { currency, account, debits, credits } of sums) {
    const total = totals.get(`${currency} ${account}`);
    const equal = total?.debits === `${debits}` && total.credits === `${credits}`;
    tally.expect('read-tables-equal-folds', equal, () => {
      const told = `${total?.debits ?? 'no'} debits and ${total?.credits ?? 'no'} credits`;
      return `journal_totals row ${currency} ${account} says ${told}, its entries ${debits} and ${credits}`;
    });
  }
}

async function compareBalances(
  { store, tenant, tally }: Snapshots,
  customers: readonly Customer[],
): Promise<void> {
  const balances = new Map(
    (await findEvents(store, tenant, customers)).map((stored) => [stored.streamId, balanceOf(stored)]),
  );
  for (const { streamId, version, sums } of customers) {
    const sum = [...sums.values()].reduce((total, { debits, credits }) => total + credits - debits, 0n);
    tally.expect('read-tables-equal-folds', balances.get(streamId) === sum, () => {
      return `journal_entries of ${streamId} come to ${sum}, not to the balance at version ${version}`;
    });
  }
}

function balanceOf(stored: Parameters<typeof decodeEvent>[0]): bigint | null {
  try {
    const event = decodeEvent(stored);
    return 'balanceMinor' in event.data ? event.data.balanceMinor : null;
  } catch {
    return null;
  }
}

/** Totals of an account that has no entry. */
async function checkStrayTotals(
  { read, tenant, tally, breathe, progress }: Snapshots,
  system: ReadonlyMap<string, Sum>,
): Promise<void> {
  for (let after = { currency: '', account: '' }; ; ) {
    const keys = await pageTotalKeys(read, tenant, after, PAGE_SIZE);
    const last = keys.at(-1);
    if (last === undefined) return;
    for (const { currency, account, entered } of keys) {
      const known = isSystem(account) ? system.has(`${currency} ${account}`) : entered;
      tally.expect('read-tables-equal-folds', known, () => {
        return `journal_totals row ${currency} ${account} has no entries`;
      });
    }
    await breathe();
    progress('totals', keys.length);
    after = last;
  }
}
