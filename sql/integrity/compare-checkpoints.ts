import type { Queryable } from '../../platform/postgres.ts';
import { type Checkpoint, EMPTY, groupOf, spanOf } from './checkpoint.ts';
import { type LogPlace, pageLog } from './log-rows.ts';

/** Events that a difference names at most, and log rows that are looked at in one go to find them. */
const NAMED = 5;
const PAGE_SIZE = 5_000;

/**
 * What differs between a checkpoint that was kept and the same made anew from the store as it is, in sentences; none
 * where they say the same. `head` is where the store's log ends now.
 */
export async function compareCheckpoints(
  db: Queryable,
  head: bigint,
  kept: Checkpoint,
  now: Checkpoint,
): Promise<string[]> {
  if (isOtherDatabase(kept, now)) {
    return [
      'The checkpoint is of another database: the first event of the log differs, and so does all the rest.',
    ];
  }
  const ahead =
    head < BigInt(kept.position)
      ? [
          `The checkpoint is ahead of the store: it covers the log up to position ${kept.position}, which ends at ${head}. Events are missing; was an older backup restored?`,
        ]
      : [];
  const tenants = tenantDifferences(kept, now);
  if (tenants.length === 0 && isSame(kept, now)) return ahead;
  return [...ahead, ...tenants, ...(await placeDifference(db, head, kept, now))];
}

/** The log began with another event, and nowhere does it have anything of what the checkpoint has. */
function isOtherDatabase(kept: Checkpoint, now: Checkpoint): boolean {
  if (kept.position === 0 || kept.database === now.database) return false;
  const shares = (one: readonly string[], other: readonly string[]) =>
    one.some((part, index) => part !== EMPTY && part === other[index]);
  return !shares(kept.spans, now.spans) && !shares(kept.groups, now.groups);
}

function isSame(kept: Checkpoint, now: Checkpoint): boolean {
  return (
    kept.database === now.database &&
    kept.spans.length === now.spans.length &&
    kept.spans.every((span, index) => span === now.spans[index]) &&
    kept.groups.every((group, index) => group === now.groups[index])
  );
}

function tenantDifferences(kept: Checkpoint, now: Checkpoint): string[] {
  const found = new Map(now.tenants.map((tenant) => [tenant.tenant, tenant]));
  const missing = kept.tenants.flatMap((was) => {
    const is = found.get(was.tenant);
    found.delete(was.tenant);
    if (is?.digest === was.digest) return [];
    const counts = is === undefined ? 'none' : `${is.events} events in ${is.streams} streams`;
    return [
      `Tenant ${was.tenant} differs: the checkpoint has ${was.events} events in ${was.streams} streams, the store ${counts}.`,
    ];
  });
  const added = [...found.keys()].map(
    (tenant) => `Tenant ${tenant} was not there at the checkpoint's position.`,
  );
  return [...missing, ...added];
}

/** The first span of positions that differs, and the events in it whose streams are in groups that differ. */
async function placeDifference(
  db: Queryable,
  head: bigint,
  kept: Checkpoint,
  now: Checkpoint,
): Promise<string[]> {
  const first = kept.spans.findIndex((span, index) => span !== now.spans[index]);
  if (first === -1) return [];
  const size = spanOf(BigInt(kept.position));
  const from = BigInt(first) * size + 1n;
  const last = BigInt(kept.position) < from + size - 1n ? BigInt(kept.position) : from + size - 1n;
  const where = `The first difference is between log positions ${from} and ${last}`;
  if (from > head) return [`${where}, where the store has nothing.`];
  const groups = new Set(kept.groups.flatMap((group, index) => (group === now.groups[index] ? [] : [index])));
  const { count, names } = await findSuspects(db, { from, last }, groups);
  const more = count > names.length ? ` and ${count - names.length} more` : '';
  return [`${where}: one of ${names.join(', ')}${more}, or an event that stood among them.`];
}

async function findSuspects(
  db: Queryable,
  { from, last }: { from: bigint; last: bigint },
  groups: ReadonlySet<number>,
): Promise<{ count: number; names: string[] }> {
  const names: string[] = [];
  let count = 0;
  for (let after = from - 1n; after < last; ) {
    const page = await pageLog(db, after, PAGE_SIZE);
    const within = page.filter(({ position }) => position <= last);
    for (const place of within.filter((one) => groups.has(groupOf(one)))) {
      count += 1;
      if (names.length < NAMED) names.push(nameOf(place));
    }
    after = within.length < page.length ? last : (page.at(-1)?.position ?? last);
  }
  return { count, names };
}

function nameOf({ tenant, streamId, version, position }: LogPlace): string {
  return `event ${streamId}/${version} of tenant ${tenant} (position ${position})`;
}
