import { type AccountId, accountStream, transferStream } from '../../domain/ids.ts';
import type { Transfer } from '../../domain/transfer.ts';
import { decodeTransfer } from '../codec.ts';
import type { PlacedEvent } from '../list-events.ts';
import { checkOutcomes } from './check-outcomes.ts';
import { checkTransferRows } from './check-transfer-rows.ts';
import { findAppliedToTransfers } from './read-rows.ts';
import { PAGE_SIZE, type Snapshots } from './snapshots.ts';
import { findEvents, pageEvents, pageHeads, type RawHead } from './store-rows.ts';
import { kindOf } from './stream-kind.ts';
import { beginStory, endsAsHead, hear, type Story } from './transfer-story.ts';
import type { Transit } from './transit.ts';

/** Reads every head once, in pages: a transfer's must be the fold of its legs and its own events, and so its row. */
export async function checkTransfers(snapshots: Snapshots, transit: Transit): Promise<void> {
  for (let after = ''; ; ) {
    const heads = await pageHeads(snapshots.store, snapshots.tenant, after, PAGE_SIZE);
    const last = heads.at(-1);
    if (last === undefined) return;
    await checkPage(snapshots, transit, heads);
    await snapshots.breathe();
    snapshots.progress('heads', heads.length);
    after = last.streamId;
  }
}

async function checkPage(snapshots: Snapshots, transit: Transit, heads: readonly RawHead[]): Promise<void> {
  const { tally } = snapshots;
  for (const head of heads.filter(({ streamId }) => kindOf(streamId)?.kind !== 'transfer')) {
    const isAccount = kindOf(head.streamId) !== null;
    tally.expect('heads-equal-folds', isAccount && head.version > 0, () =>
      isAccount
        ? `head ${head.streamId} has no events`
        : `head ${head.streamId} is neither an account's nor a transfer's`,
    );
  }
  const transfers = heads
    .filter(({ streamId }) => kindOf(streamId)?.kind === 'transfer')
    .map((head) => ({ head, state: tryDecode(head) }));
  const stories = await readStories(snapshots, transfers);
  for (const { head, state } of transfers) {
    const story = stories.get(head.streamId);
    const own = state !== null && transferStream(state.transferId) === head.streamId;
    const equal = own && story !== undefined && endsAsHead(story);
    tally.expect(
      'heads-equal-folds',
      equal,
      () => `head ${head.streamId} differs from the fold of its events`,
    );
    if (state !== null) transit.addHead(state);
  }
  await checkTransferRows(snapshots, [...stories.values()]);
  await checkOutcomes(snapshots, [...stories.values()]);
}

type Known = { readonly head: RawHead; readonly state: Transfer | null };

/** The stories of those transfers whose state says where their legs are, by stream id. */
async function readStories(snapshots: Snapshots, transfers: readonly Known[]): Promise<Map<string, Story>> {
  const { store, tenant } = snapshots;
  const places = transfers.flatMap(({ state }) => (state?.legs ?? []).map(placeOf));
  const legs = new Map(
    (await findEvents(store, tenant, places)).map((event) => [nameOf(event), event] as const),
  );
  const isApplied = await readApplied(snapshots, [...places, ...transfers.map(({ head }) => head)]);
  const stories = new Map<string, Story>();
  for (const { head, state } of transfers) {
    const own = state?.legs.flatMap((leg) => legs.get(nameOf(placeOf(leg))) ?? []);
    if (own !== undefined) stories.set(head.streamId, beginStory(head, own, isApplied));
  }
  await hearOwn(snapshots, transfers, stories);
  return stories;
}

/** Which events the transfers table has, or must have by now. */
async function readApplied(
  { read, tenant, watermark }: Snapshots,
  streams: readonly { streamId: string }[],
): Promise<(stored: PlacedEvent) => boolean> {
  const applied = await findAppliedToTransfers(read, tenant, [
    ...new Set(streams.map(({ streamId }) => streamId)),
  ]);
  return ({ streamId, version, position }) =>
    version <= (applied.get(streamId) ?? 0) || (position !== null && position <= watermark);
}

/** Transfers' own streams, page by page: one that was reversed often has many events. */
async function hearOwn(
  { store, tenant, breathe }: Snapshots,
  transfers: readonly Known[],
  stories: ReadonlyMap<string, Story>,
): Promise<void> {
  const upTo = transfers.at(-1)?.head.streamId;
  if (upTo === undefined) return;
  let after = { streamId: transfers[0]?.head.streamId ?? '', version: 0 };
  for (;;) {
    const page = await pageEvents(store, tenant, { ...after, upTo }, PAGE_SIZE);
    for (const stored of page) {
      const story = stories.get(stored.streamId);
      if (story !== undefined) hear(story, stored);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_SIZE) return;
    await breathe();
    after = last;
  }
}

function placeOf({ accountId, version }: { accountId: AccountId; version: number }) {
  return { streamId: accountStream(accountId), version };
}

function nameOf({ streamId, version }: { streamId: string; version: number }): string {
  return `${streamId}/${version}`;
}

function tryDecode(head: RawHead): Transfer | null {
  try {
    return decodeTransfer(head.state);
  } catch {
    return null;
  }
}
