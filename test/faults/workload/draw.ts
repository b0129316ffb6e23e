import type { Chance } from '../../../cli/demo/chance.ts';
import type { Wish } from './desk.ts';
import type { Load } from './load.ts';

/** What a client does next. */
export type Plan =
  /** `twin`: another client sends the same at the same time. */
  | { readonly kind: 'command'; readonly wish: Wish; readonly twin: boolean }
  | { readonly kind: 'read'; readonly accountId: string; readonly minVersion: boolean };

/** What all clients of a load know together; bounded, the oldest goes first. */
export type Common = {
  readonly run: string;
  readonly accounts: Load['accounts'];
  /** A number that was never drawn before. */
  next(): number;
  readonly wishes: Wish[];
  readonly completed: string[];
  readonly holds: string[];
};

/** Adds to what is known, and forgets the oldest beyond 40. */
export function remember<Item>(known: Item[], item: Item): void {
  known.push(item);
  if (known.length > 40) known.shift();
}

/** In euros. No account ever has what `beyond` asks for: all money of a run is far less. */
const AMOUNTS = { small: [1, 25], doubtful: [50, 400], beyond: [50_000, 90_000], cash: [1, 30] } as const;

/** Draws what a client does next: reads, repeats of what anybody sent, and new commands. */
export function draw(chance: Chance, common: Common): Plan {
  const die = chance.between(1, 100);
  if (die <= 14) {
    const { hot, others } = common.accounts;
    const accountId = chance.pick([hot, ...others]);
    return { kind: 'read', accountId, minVersion: chance.between(1, 2) === 1 };
  }
  const known = common.wishes.filter(({ key }) => key !== null);
  if (die <= 24 && known.length > 0) return { kind: 'command', wish: chance.pick(known), twin: false };
  const wish = drawWish(chance, common);
  remember(common.wishes, wish);
  return { kind: 'command', wish, twin: wish.key !== null && chance.between(1, 9) === 1 };
}

function drawWish(chance: Chance, common: Common): Wish {
  const die = chance.between(1, 100);
  const name = `${common.run}-${common.next()}`;
  // A few commands come without a key: their ids, and their descriptions, are still their own.
  const key = chance.between(1, 20) === 1 ? null : `${name}-key`;
  if (die <= 8) return { key, ...drawCash(chance, common, 'deposits', name) };
  if (die <= 16) return { key, ...drawCash(chance, common, 'withdrawals', name) };
  if (die <= 18) return { key, ...drawBatch(chance, common, name) };
  if (die <= 22) return { key, ...drawHold(chance, common, name) };
  if (die <= 25 && common.holds.length > 0) return { key, ...drawCapture(chance, common, name) };
  if (die <= 28 && common.completed.length > 0) return { key, ...drawReversal(chance, common, name) };
  return { key, path: '/api/transfers', body: drawTransfer(chance, common, `${name}-t`) };
}

/** Half of them touch the hot account, a tenth goes to the closed one, 30 % ask for more than there can be. */
function drawTransfer(chance: Chance, { accounts }: Common, id: string) {
  const { hot, others, closed } = accounts;
  const [one, other] = drawPair(chance, others);
  const isHot = chance.between(1, 2) === 1;
  const [from, to] = !isHot ? [one, other] : chance.between(1, 2) === 1 ? [hot, one] : [one, hot];
  const die = chance.between(1, 100);
  if (die <= 10) return { id, from, to: closed, amount: drawEuros(chance, 'small'), currency: 'EUR' };
  const size = die <= 36 ? 'beyond' : die <= 44 ? 'doubtful' : 'small';
  return { id, from, to, amount: drawEuros(chance, size), currency: 'EUR' };
}

function drawEuros(chance: Chance, size: keyof typeof AMOUNTS): string {
  const [low, high] = AMOUNTS[size];
  return chance.euros(low, high);
}

function drawPair(chance: Chance, accounts: readonly string[]): [string, string] {
  const one = chance.pick(accounts);
  return [one, chance.pick(accounts.filter((account) => account !== one))];
}

/** The description tells which wish a transaction came from: deposits have no ids of the client's. */
function drawCash(
  chance: Chance,
  { accounts }: Common,
  kind: 'deposits' | 'withdrawals',
  description: string,
) {
  const accountId = chance.pick([accounts.hot, ...accounts.others]);
  const beyond = kind === 'withdrawals' && chance.between(1, 4) === 1;
  const amount = drawEuros(chance, beyond ? 'beyond' : 'cash');
  return { path: `/api/accounts/${accountId}/${kind}`, body: { amount, currency: 'EUR', description } };
}

function drawBatch(chance: Chance, common: Common, name: string) {
  const size = chance.between(10, 20);
  const transfers = Array.from({ length: size }, (_, at) => drawTransfer(chance, common, `${name}-i${at}`));
  return { path: '/api/transfer-batches', body: { id: `${name}-b`, transfers } };
}

function drawHold(chance: Chance, { accounts }: Common, name: string) {
  const accountId = chance.pick([accounts.hot, ...accounts.others]);
  const amount = drawEuros(chance, 'small');
  return { path: '/api/holds', body: { id: `${name}-h`, accountId, amount, currency: 'EUR' } };
}

/** All of a hold that somebody saw placed; two captures of one may meet. */
function drawCapture(chance: Chance, { accounts, holds }: Common, name: string) {
  const to = chance.pick([...accounts.others, accounts.closed]);
  return { path: `/api/holds/${chance.pick(holds)}/capture`, body: { id: `${name}-c`, to } };
}

function drawReversal(chance: Chance, { completed }: Common, name: string) {
  return { path: `/api/transfers/${chance.pick(completed)}/reverse`, body: { id: `${name}-r` } };
}
