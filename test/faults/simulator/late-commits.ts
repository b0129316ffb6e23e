import type { Database } from './database.ts';
import type { World } from './world.ts';

/** How long a commit may be seen late. */
const LATE_MS = { least: 5, most: 400 } as const;

/**
 * One session commits in the order in which it draws ids, and real ones do not. So outbox rows of some transactions are
 * set aside when they commit and put back a little later, with ids that are older than those of others by then: as
 * if the commit itself had come late. Within a stream the order stays, as the lock of the head keeps it.
 */
export type LateCommits = {
  /** Called before the commit of a transaction that wrote to the outbox; what it returns, after it. */
  prepare(isLate: boolean): Promise<(() => Promise<void>) | null>;
};

const MINE = `xmin::text::bigint = (pg_current_xact_id()::text::bigint & 4294967295)`;

export function createLateCommits(database: Database, world: World): LateCommits {
  const aside = new Set<string>();
  const put = async (streams: readonly string[]) => {
    if (streams.length === 0) return;
    for (const stream of streams) aside.delete(stream);
    await database.session.query({
      text: `with back as (delete from simulated.late where stream_id = any($1) returning *)
             insert into outbox select * from back`,
      values: [streams],
    });
  };
  return {
    async prepare(isLate) {
      if (!isLate && aside.size === 0) return null;
      const { rows } = await database.session.query<{ stream_id: string }>(
        `select distinct stream_id from outbox where ${MINE}`,
      );
      const streams = rows.map((row) => row.stream_id);
      // The lock of a head would have made this transaction wait for the one that is late.
      await put(streams.filter((stream) => aside.has(stream)));
      if (!isLate) return null;
      await database.session.query(`with moved as (delete from outbox where ${MINE} returning *)
        insert into simulated.late select * from moved`);
      for (const stream of streams) aside.add(stream);
      world.note(`late: ${streams.join(' ')}`);
      return async () => {
        world.after(LATE_MS.least + (world.now() % LATE_MS.most), () => {
          void world.busy(async () => {
            await put(streams.filter((stream) => aside.has(stream)));
            world.wake();
          });
        });
      };
    },
  };
}
