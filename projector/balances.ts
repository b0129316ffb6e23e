import { evolve } from '../domain/account-decider.ts';
import type { AccountEvent, DomainEvent } from '../domain/events.ts';
import { parseStream } from '../domain/ids.ts';
import type { LoggedEvent } from '../sql/codec.ts';
import { type Balance, lockBalances, upsertBalances } from '../sql/projections/balances.ts';
import { type AccountKey, holdAccounts } from '../sql/read-locks.ts';
import { readHeadVersions, type StreamKey, streamName } from '../sql/read-stream.ts';
import { describe } from './delivery.ts';
import { followStore } from './follow-store.ts';
import {
  type Application,
  type Ending,
  followsAccounts,
  type Projection,
  type Run,
  type Trouble,
} from './projection.ts';

/** An account's row while its stream is folded; null before AccountOpened. */
type Folded = {
  readonly balance: Balance | null;
  readonly version: number;
  readonly trouble: Trouble | null;
};

/** Each account as it is after its last event. */
export const balances: Projection = {
  name: 'balances',
  follows: followsAccounts,
  async apply(application, runs) {
    const { client, target } = application;
    const rows = await lockBalances(
      client,
      target.generation,
      runs.map((run) => accountKey(run.stream)),
    );
    const rowOf = (run: Run) => rows.get(accountName(run.stream)) ?? null;
    const heads = await holdNewRows(
      application,
      runs.filter((run) => rowOf(run) === null),
    );
    const written: Balance[] = [];
    const endings = new Map<string, Ending>();
    for (const run of runs) {
      const { ending, balance } = await settle(application, run, rowOf(run), heads);
      endings.set(streamName(run.stream), ending);
      if (balance !== null) written.push(balance);
    }
    await upsertBalances(client, target.generation, written);
    return endings;
  },
};

/**
 * Before a live row is created, no reader may be falling back to the head, and the row must not show less than
 * any reader has seen there: the heads' versions are read under the locks, and the rows begin no lower.
 */
async function holdNewRows({ client, store, target }: Application, runs: readonly Run[]) {
  if (!target.live || runs.length === 0) return new Map<string, number>();
  const streams = runs.map((run) => run.stream);
  await holdAccounts(client, streams.map(accountKey));
  return readHeadVersions(store, streams);
}

/** Folds a run from its row; where the row does not fit, from the store, which is the truth. */
async function settle(
  application: Application,
  run: Run,
  row: Balance | null,
  heads: ReadonlyMap<string, number>,
): Promise<{ ending: Ending; balance: Balance | null }> {
  const end = run.after + run.steps.length;
  const creating = row === null && application.target.live;
  const wanted = creating ? Math.max(end, heads.get(streamName(run.stream)) ?? 0) : end;
  let folded = foldFromRow(run, row);
  if (folded === null && !application.heals) return leave(run);
  folded ??= await refold(application, run, end);
  if (folded.trouble === null && folded.version < wanted) {
    folded = await foldFromStore(application, run.stream, folded, wanted);
  }
  const { trouble } = folded;
  // A row that cannot reach the head is not created at all: reads stay with the head.
  if (trouble !== null && creating)
    return { ending: { version: run.after, trouble, left: false }, balance: null };
  return { ending: { version: folded.version, trouble, left: false }, balance: folded.balance };
}

const NOTHING: Folded = { balance: null, version: 0, trouble: null };

function leave(run: Run): { ending: Ending; balance: null } {
  return { ending: { version: run.after, trouble: null, left: true }, balance: null };
}

/** The run folded onto its row, or null where the row is not what these events follow. */
function foldFromRow(run: Run, row: Balance | null): Folded | null {
  if ((row?.version ?? 0) !== run.after) return null;
  try {
    let balance = row;
    for (const { event, fact } of run.steps) balance = next(balance, event, fact);
    return { balance, version: run.after + run.steps.length, trouble: null };
  } catch {
    return null;
  }
}

/** The whole stream out of the store; an event of the run that the store does not have is trouble. */
async function refold(application: Application, run: Run, end: number): Promise<Folded> {
  const heads = await readHeadVersions(application.store, [run.stream]);
  const head = heads.get(streamName(run.stream)) ?? 0;
  const folded = await foldFromStore(application, run.stream, NOTHING, Math.min(end, head));
  const stray = run.steps.find((step) => step.event.version > head);
  if (folded.trouble !== null || stray === undefined) return folded;
  return { ...folded, trouble: { event: stray.event, cause: `the store ends at version ${head}` } };
}

/** The stream folded on from `start` out of the store, up to `upTo` at least, or to the event that does not fit. */
async function foldFromStore(
  application: Application,
  stream: StreamKey,
  start: Folded,
  upTo: number,
): Promise<Folded> {
  let folded = start;
  await followStore(application, stream, { after: start.version, upTo }, async (deliveries) => {
    for (const { event, fact } of deliveries) {
      folded = foldOne(folded, event, fact);
      if (folded.trouble !== null) return false;
    }
    return true;
  });
  return folded;
}

function foldOne(folded: Folded, event: LoggedEvent, fact: DomainEvent | Error): Folded {
  try {
    if (fact instanceof Error) throw fact;
    return { balance: next(folded.balance, event, fact), version: event.version, trouble: null };
  } catch (error) {
    return { ...folded, trouble: { event, cause: describe(error) } };
  }
}

/** The row after an event. Throws where the event cannot follow it. */
export function next(balance: Balance | null, event: LoggedEvent, fact: DomainEvent): Balance {
  const account = evolve(balance?.account ?? null, accountEvent(fact), event.occurredAt);
  if (account.accountId !== accountKey(event).accountId) {
    throw new Error(`${event.streamId} has an event of account ${account.accountId}`);
  }
  return {
    tenant: event.tenant,
    account,
    version: event.version,
    position: event.position,
    createdAt: balance?.createdAt ?? event.occurredAt,
    asOf: event.occurredAt,
  };
}

function accountEvent(fact: DomainEvent): AccountEvent {
  switch (fact.type) {
    case 'TransferRejected':
    case 'TransferCancelled':
    case 'CreditRefused':
    case 'RefundParked':
    case 'TransferScheduled':
    case 'ApprovalRequested':
    case 'TransferApproved':
    case 'TransferSettled':
    case 'ReversalDebited':
    case 'ReversalRefunded':
      throw new Error(`${fact.type} does not belong in an account's stream`);
    default:
      return fact;
  }
}

function accountKey(stream: StreamKey): AccountKey {
  const parsed = parseStream(stream.streamId);
  if (parsed.kind !== 'account') throw new Error(`stream ${stream.streamId} is not an account's`);
  return { tenant: stream.tenant, accountId: parsed.accountId };
}

function accountName(stream: StreamKey): string {
  const key = accountKey(stream);
  return `${key.tenant}/${key.accountId}`;
}
