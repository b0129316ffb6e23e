import { isDeepStrictEqual } from 'node:util';
import { type Account, type AccountState, availableMinor } from '../../domain/account.ts';
import { evolve } from '../../domain/account-decider.ts';
import { isMoneyEvent } from '../../domain/double-entry.ts';
import type { DomainEvent } from '../../domain/events.ts';
import { isTransferEvent } from '../../domain/transfer.ts';
import { decodeEvent, encodeState } from '../codec.ts';
import { hashEvent, NO_HASH } from '../hash.ts';
import type { PlacedEvent } from '../list-events.ts';
import { differenceOfBalance } from './check-balance-row.ts';
import { checkLegs } from './check-legs.ts';
import { checkOutbox } from './check-log.ts';
import { checkReadEvents } from './check-read-events.ts';
import { findBalances } from './read-rows.ts';
import { PAGE_SIZE, type Snapshots } from './snapshots.ts';
import { findHeads, pageEvents, type RawHead } from './store-rows.ts';
import { accountOf, kindOf } from './stream-kind.ts';
import type { Tally } from './tally.ts';
import type { Transit } from './transit.ts';

type ReadRow = NonNullable<ReturnType<Awaited<ReturnType<typeof findBalances>>['get']>>;

/** One stream while its events pass by. */
type Stream = {
  readonly streamId: string;
  readonly accountId: string | null;
  readonly head: RawHead | undefined;
  readonly row: ReadRow | undefined;
  /** When its first event happened. */
  createdAt: string | null;
  version: number;
  hash: string;
  lastPosition: bigint | null;
  /** Highest version that the read tables must have. */
  dueVersion: number;
  account: AccountState;
  /** Why folding stopped: what comes after cannot be judged. */
  broken: string | null;
};

/** Reads every stream once, in pages: versions, hashes, folds, heads, legs and the read tables' rows. */
export async function checkStreams(snapshots: Snapshots, transit: Transit): Promise<void> {
  let stream: Stream | undefined;
  for (;;) {
    const after = { streamId: stream?.streamId ?? '', version: stream?.version ?? 0 };
    const page = await pageEvents(snapshots.store, snapshots.tenant, after, PAGE_SIZE);
    if (page.length === 0) break;
    const decoded = decodePage(page);
    const begin = await opener(snapshots, page);
    for (const { stored, event } of decoded) {
      if (stream?.streamId !== stored.streamId) {
        if (stream !== undefined) finish(stream, snapshots.tally);
        stream = begin(stored.streamId);
      }
      step(stream, stored, event, snapshots);
      if (event !== null) transit.add(event);
    }
    // One looks at the store, the other at the read tables: each has a connection of its own.
    await Promise.all([checkLegs(snapshots, decoded), checkReadEvents(snapshots, decoded)]);
    await checkOutbox(snapshots, page);
    await snapshots.breathe();
    snapshots.progress('events', page.length);
  }
  if (stream !== undefined) finish(stream, snapshots.tally);
}

/** A stored event and what it means; null where nothing can read it. */
export type Decoded = { readonly stored: PlacedEvent; readonly event: DomainEvent | null };

function decodePage(page: readonly PlacedEvent[]): Decoded[] {
  return page.map((stored) => {
    try {
      return { stored, event: decodeEvent(stored) };
    } catch {
      return { stored, event: null };
    }
  });
}

async function opener(snapshots: Snapshots, page: readonly PlacedEvent[]): Promise<(id: string) => Stream> {
  const streamIds = [...new Set(page.map((event) => event.streamId))];
  const accountIds = streamIds.flatMap((id) => accountOf(id) ?? []);
  const heads = await findHeads(snapshots.store, snapshots.tenant, streamIds);
  const rows = await findBalances(snapshots.read, snapshots.tenant, accountIds);
  return (streamId) => {
    const accountId = accountOf(streamId);
    return {
      streamId,
      accountId,
      head: heads.get(streamId),
      row: accountId === null ? undefined : rows.get(accountId),
      createdAt: null,
      version: 0,
      hash: NO_HASH,
      lastPosition: 0n,
      dueVersion: 0,
      account: null,
      broken: null,
    };
  };
}

function step(stream: Stream, stored: PlacedEvent, event: DomainEvent | null, snapshots: Snapshots): void {
  const { tally, watermark } = snapshots;
  const name = () => `event ${stored.streamId}/${stored.version}`;
  tally.expect(
    'versions-gapless',
    stored.version === stream.version + 1,
    () => `${name()} follows ${stream.version}`,
  );
  const { hash, position, ...unhashed } = stored;
  const right = hashEvent(stream.hash, unhashed);
  tally.expect('hash-chains', hash === right, () => `${name()} does not have the hash of its content`);
  tally.expect(
    'log-gapless',
    inOrder(stream.lastPosition, position),
    () => `${name()} is at position ${position}`,
  );
  stream.lastPosition = position;
  stream.version = stored.version;
  stream.hash = hash;
  stream.createdAt ??= stored.occurredAt;
  if (stream.accountId === null) return;
  fold(stream, event, stored.occurredAt);
  if (position !== null && position <= watermark) stream.dueVersion = stored.version;
  if (stream.row?.version === stored.version) compareRow(stream, stream.row, stored, tally);
}

/** Positions grow with the version; what has none yet comes last. */
function inOrder(last: bigint | null, position: bigint | null): boolean {
  return position === null || (last !== null && position > last);
}

function fold(stream: Stream, event: DomainEvent | null, occurredAt: string): void {
  if (stream.broken !== null) return;
  try {
    if (event === null) throw new Error('nothing can read it');
    if (isTransferEvent(event) && !isMoneyEvent(event)) throw new Error('it belongs to no account');
    stream.account = evolve(stream.account, event, occurredAt);
  } catch (error) {
    stream.broken = `event ${stream.streamId}/${stream.version}: ${error instanceof Error ? error.message : error}`;
  }
}

function compareRow(stream: Stream, row: ReadRow, event: PlacedEvent, tally: Tally): void {
  const createdAt = stream.createdAt ?? event.occurredAt;
  const wrong = differenceOfBalance(row, stream.account, { event, createdAt });
  tally.expect('read-tables-equal-folds', wrong === null, () => `balances row ${stream.accountId} ${wrong}`);
}

/** After a stream's last event: its head, and whether the read table has what it must have. */
function finish(stream: Stream, tally: Tally): void {
  const { head, row, streamId } = stream;
  const known = kindOf(streamId) !== null;
  const place = head !== undefined && head.version === stream.version && head.hash === stream.hash;
  tally.expect('heads-equal-folds', known && place, () =>
    known
      ? `head ${streamId} is not at its last event ${stream.version}`
      : `event ${streamId}/${stream.version} is in a stream of neither an account nor a transfer`,
  );
  if (stream.accountId === null) return;
  const equal = stream.account !== null && isDeepStrictEqual(head?.state, encodeState(stream.account));
  tally.expect(
    'heads-equal-folds',
    // What cannot be read may say anything: that the head is as before it proves nothing.
    equal && stream.broken === null,
    () => stream.broken ?? `head ${streamId} differs from its events' fold`,
  );
  if (stream.account !== null) checkLimits(stream.account, tally);
  const version = row?.version ?? 0;
  tally.expect(
    'read-tables-equal-folds',
    version >= stream.dueVersion && version <= stream.version,
    () =>
      `balances row ${stream.accountId} is at version ${version}, due is ${stream.dueVersion} of ${stream.version}`,
  );
}

/** What must hold of an account whatever happened to it: an overdraft is never lowered below its use. */
function checkLimits(account: Account, tally: Tally): void {
  const available = availableMinor(account);
  tally.expect('balances-within-limits', available >= 0n, () => {
    return `account ${account.accountId} is ${-available} below its limit`;
  });
  const heldMinor = Object.values(account.holds).reduce((sum, hold) => sum + hold.amountMinor, 0n);
  tally.expect('balances-within-limits', account.heldMinor === heldMinor, () => {
    return `account ${account.accountId} has ${account.heldMinor} held, its holds are ${heldMinor}`;
  });
}
