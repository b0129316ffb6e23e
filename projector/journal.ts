import { entriesOf } from '../domain/double-entry.ts';
import { parseStream } from '../domain/ids.ts';
import { insertEntries, type JournalEntry } from '../sql/projections/journal.ts';
import type { Step } from '../sql/projections/step.ts';
import { followsEverything, pureProjection } from './projection.ts';

/** The balanced entries of each money event, and running totals, so that the sums of all accounts are 0. */
export const journal = pureProjection({
  name: 'journal',
  follows: followsEverything,
  toRows: toEntries,
  write: ({ client, target, partition }, rows) => insertEntries(client, target.generation, partition, rows),
});

/** The entries of an event, numbered from 0; none for an event that moves no money. */
export function toEntries({ event, fact }: Step): JournalEntry[] {
  const { tenant, streamId, version, position, occurredAt } = event;
  const stream = parseStream(streamId);
  const accountId = stream.kind === 'account' ? stream.accountId : '';
  return entriesOf(fact, accountId).map((sides, entry) => {
    return { tenant, streamId, version, entry, position, occurredAt, ...sides };
  });
}
