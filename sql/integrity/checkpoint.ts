import { createHash, type Hash } from 'node:crypto';
import { z } from 'zod';
import type { LogPlace } from './log-rows.ts';

/** Parts by which a difference is narrowed down: spans of positions one way, groups of streams the other way. */
const PARTS = 256;

const digest = z.string().regex(/^[\w-]{43}$/);

/**
 * What the log was up to a position, in a few kilobytes that can be kept elsewhere: digests over the place and the hash
 * of every event in it. An event's hash covers its stream up to there, so the last ones are the heads of all chains.
 */
export const checkpointSchema = z.strictObject({
  version: z.literal(1),
  createdAt: z.iso.datetime(),
  /** The hash of the log's first event, by which a database is known, also after a restore; null where it is empty. */
  database: z.string().nullable(),
  /** The log's last position that is covered. */
  position: z.int().min(0),
  tenants: z.array(
    z.strictObject({ tenant: z.string(), position: z.int(), streams: z.int(), events: z.int(), digest }),
  ),
  /** Over spans of as many positions each, in their order. */
  spans: z.array(digest).max(PARTS),
  /** Over all events of the streams that fall into the same group, by `groupOf`. */
  groups: z.array(digest).length(PARTS),
});
export type Checkpoint = z.infer<typeof checkpointSchema>;

/** The digest of nothing: of a group that no stream falls into. */
export const EMPTY = createHash('sha256').digest('base64url');

/** How many positions are in a span of a checkpoint: what makes at most 256 of them. */
export function spanOf(position: bigint): bigint {
  return position === 0n ? 1n : (position + BigInt(PARTS) - 1n) / BigInt(PARTS);
}

/** Which group of streams this one falls into. */
export function groupOf({ tenant, streamId }: Pick<LogPlace, 'tenant' | 'streamId'>): number {
  return createHash('sha256').update(`${tenant}/${streamId}`).digest()[0] ?? 0;
}

type TenantSums = { position: bigint; streams: number; events: number; readonly hash: Hash };

/** Follows the log's rows, in order, up to `position`; `result` is the checkpoint of what was seen. */
export function createCheckpoint(position: bigint) {
  const tenants = new Map<string, TenantSums>();
  const spans: Hash[] = [];
  const groups = Array.from({ length: PARTS }, newHash);
  let database: string | null = null;
  const follow = (place: LogPlace): void => {
    if (place.position > position) return;
    const line = lineOf(place);
    database ??= createHash('sha256').update(line).digest('base64url');
    const span = Number((place.position - 1n) / spanOf(position));
    while (spans.length <= span) spans.push(newHash());
    spans[span]?.update(line);
    groups[groupOf(place)]?.update(line);
    addTo(tenants, place, line);
  };
  const result = (createdAt: string): Checkpoint => ({
    version: 1,
    createdAt,
    database,
    position: Number(position),
    tenants: [...tenants].map(([tenant, { hash, ...sums }]) => {
      return { ...sums, tenant, position: Number(sums.position), digest: textOf(hash) };
    }),
    spans: spans.map(textOf),
    groups: groups.map(textOf),
  });
  return { follow, result };
}

function addTo(
  tenants: Map<string, TenantSums>,
  { tenant, position, version }: LogPlace,
  line: string,
): void {
  const sums = tenants.get(tenant) ?? { position: 0n, streams: 0, events: 0, hash: newHash() };
  tenants.set(tenant, sums);
  sums.position = position;
  sums.events += 1;
  if (version === 1) sums.streams += 1;
  sums.hash.update(line);
}

/** Tenants and streams have no spaces, so no two places have the same line. */
function lineOf({ position, tenant, streamId, version, hash }: LogPlace): string {
  return `${position} ${tenant} ${streamId} ${version} ${hash?.toString('hex') ?? 'missing'}\n`;
}

function newHash(): Hash {
  return createHash('sha256');
}

function textOf(hash: Hash): string {
  return hash.digest('base64url');
}
