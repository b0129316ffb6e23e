import { accountOf, type Fact } from './history.ts';

/** What an account comes to at one of its versions, by the model's own arithmetic; minor units. */
export type State = {
  readonly balanceMinor: bigint;
  readonly heldMinor: bigint;
  readonly overdraftMinor: bigint;
};

/** Of each account its states: the one at index n is that of version n, and 0 is before it was opened. */
export type Ledger = ReadonlyMap<string, readonly State[]>;

const NOTHING: State = { balanceMinor: 0n, heldMinor: 0n, overdraftMinor: 0n };

/**
 * A sequential model of accounts, written apart from the deciders that it judges: each account is a sum of movements
 * in the order of its versions.
 */
export function replay(facts: readonly Fact[]): Ledger {
  const ledger = new Map<string, State[]>();
  for (const fact of facts) {
    const accountId = accountOf(fact);
    if (accountId === null) continue;
    const states = ledger.get(accountId) ?? [NOTHING];
    states.push(step(states.at(-1) ?? NOTHING, fact));
    ledger.set(accountId, states);
  }
  return ledger;
}

function step(state: State, fact: Fact): State {
  const amountMinor = fact.amountMinor ?? 0n;
  const moved = (byMinor: bigint) => ({ ...state, balanceMinor: state.balanceMinor + byMinor });
  const held = (byMinor: bigint) => ({ ...state, heldMinor: state.heldMinor + byMinor });
  switch (fact.type) {
    case 'AccountOpened':
      return { ...state, overdraftMinor: fact.overdraftLimitMinor ?? 0n };
    case 'MoneyDeposited':
    case 'TransferCredited':
    case 'TransferRefunded':
      return moved(amountMinor);
    case 'MoneyWithdrawn':
    case 'TransferDebited':
      return moved(-amountMinor);
    case 'HoldCaptured': {
      const heldMinor = state.heldMinor - amountMinor - (fact.releasedMinor ?? 0n);
      return { ...moved(-amountMinor), heldMinor };
    }
    case 'FundsHeld':
      return held(amountMinor);
    case 'HoldReleased':
      return held(-amountMinor);
    case 'AccountClosed':
      return state;
    default:
      throw new Error(`the load asks for nothing that comes to ${fact.type}: teach it to the model`);
  }
}

/** What may be spent in a state. */
export function availableMinor({ balanceMinor, heldMinor, overdraftMinor }: State): bigint {
  return balanceMinor - heldMinor + overdraftMinor;
}

/** The state of an account at a version; undefined where there is no such version. */
export function stateAt(ledger: Ledger, accountId: string, version: number): State | undefined {
  return ledger.get(accountId)?.[version];
}

/** `"10.50"` of a currency with two decimals, in minor units. */
export function toMinor(amount: string): bigint {
  const [, sign, whole, cents] = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(amount) ?? [];
  if (whole === undefined) throw new Error(`${amount} is no amount of euros`);
  const minor = BigInt(whole + (cents ?? '').padEnd(2, '0'));
  return sign === '-' ? -minor : minor;
}
