import type { EventRow, Facts } from './facts.ts';

/**
 * Accounts as plain arithmetic over what was decided. It knows nothing of the shipped deciders: it adds and subtracts,
 * and says where what happened is not what a ledger may do.
 */
export type Model = {
  readonly balances: ReadonlyMap<string, bigint>;
  readonly movements: ReadonlyMap<string, readonly string[]>;
  readonly transitMinor: bigint;
  readonly suspenseMinor: bigint;
  readonly broughtMinor: bigint;
  readonly transfers: ReadonlyMap<string, Moves>;
  readonly broken: readonly string[];
};

/** How often each thing happened to one transfer. */
export type Moves = Record<'debited' | 'credited' | 'refunded' | 'parked' | 'settled', number> & {
  readonly amounts: Set<string>;
};

export function createModel({ events, heads }: Pick<Facts, 'events' | 'heads'>): Model {
  const balances = new Map<string, bigint>();
  const movements = new Map<string, string[]>();
  const transfers = new Map<string, Moves>();
  const broken: string[] = [];
  const versions = new Map<string, number>();
  let broughtMinor = 0n;
  let transitMinor = 0n;
  let suspenseMinor = 0n;
  for (const event of events) {
    const expected = (versions.get(event.stream) ?? 0) + 1;
    if (event.version !== expected)
      broken.push(`I6: ${event.stream} goes on with ${event.version}, not ${expected}`);
    versions.set(event.stream, event.version);
    const { accountMinor, transit, suspense, brought } = effectOf(event);
    transitMinor += transit;
    suspenseMinor += suspense;
    broughtMinor += brought;
    note(transfers, event);
    if (!event.stream.startsWith('account-')) continue;
    const account = event.stream.slice('account-'.length);
    const balance = (balances.get(account) ?? 0n) + accountMinor;
    balances.set(account, balance);
    if (balance < 0n) broken.push(`I2: ${account} has ${balance} after version ${event.version}`);
    const told = event.data.balanceMinor;
    if (told !== undefined && BigInt(String(told)) !== balance) {
      broken.push(
        `I9: ${account} is told to have ${told} after version ${event.version}, and has ${balance}`,
      );
    }
    if (accountMinor !== 0n) {
      movements.set(account, [
        ...(movements.get(account) ?? []),
        `${event.version} ${accountMinor} ${balance}`,
      ]);
    }
  }
  for (const [stream, version] of heads) {
    // A transfer that only moved money has no event of its own.
    if ((versions.get(stream) ?? 0) !== version)
      broken.push(`I6: the head of ${stream} says ${version}, not ${versions.get(stream)}`);
  }
  return { balances, movements, transitMinor, suspenseMinor, broughtMinor, transfers, broken };
}

type Effect = {
  readonly accountMinor: bigint;
  readonly transit: bigint;
  readonly suspense: bigint;
  readonly brought: bigint;
};

const NONE: Effect = { accountMinor: 0n, transit: 0n, suspense: 0n, brought: 0n };

/** What an event does to its account, and to what is on its way. */
export function effectOf({ type, data }: Pick<EventRow, 'type' | 'data'>): Effect {
  const minor = BigInt(String(data.amountMinor ?? 0));
  switch (type) {
    case 'MoneyDeposited':
      return { ...NONE, accountMinor: minor, brought: minor };
    case 'MoneyWithdrawn':
      return { ...NONE, accountMinor: -minor, brought: -minor };
    case 'TransferDebited':
      return { ...NONE, accountMinor: -minor, transit: minor };
    case 'TransferCredited':
      return { ...NONE, accountMinor: minor, transit: -minor };
    case 'TransferRefunded':
      if (data.paidFrom === 'suspense') return { ...NONE, accountMinor: minor, suspense: -minor };
      return { ...NONE, accountMinor: minor, transit: -minor };
    case 'RefundParked':
      return { ...NONE, transit: -minor, suspense: minor };
    default:
      return NONE;
  }
}

function note(transfers: Map<string, Moves>, { type, data }: EventRow): void {
  const what = moveOf(type, data);
  if (what === null) return;
  const id = String(data.transferId);
  const moves = transfers.get(id) ?? {
    debited: 0,
    credited: 0,
    refunded: 0,
    parked: 0,
    settled: 0,
    amounts: new Set(),
  };
  moves[what] += 1;
  moves.amounts.add(String(data.amountMinor));
  transfers.set(id, moves);
}

function moveOf(type: string, data: EventRow['data']): keyof Omit<Moves, 'amounts'> | null {
  switch (type) {
    case 'TransferDebited':
      return 'debited';
    case 'TransferCredited':
      return 'credited';
    case 'TransferRefunded':
      return data.paidFrom === 'suspense' ? 'settled' : 'refunded';
    case 'RefundParked':
      return 'parked';
    default:
      return null;
  }
}
