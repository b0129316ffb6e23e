import type { Queryable } from '../platform/postgres.ts';

/** The last position that a relay has sent and got acknowledged; 0 for one that never sent. */
export async function readRelayCursor(db: Queryable, name: string): Promise<bigint> {
  const { rows } = await db.query<{ position: bigint }>({
    name: 'read-relay-cursor',
    text: `select position from relay_cursors where name = $1`,
    values: [name],
  });
  return rows[0]?.position ?? 0n;
}

/** Saves the cursor after the acknowledgement; a late leader never moves it back. */
export async function saveRelayCursor(db: Queryable, name: string, position: bigint): Promise<void> {
  await db.query({
    name: 'save-relay-cursor',
    text: `insert into relay_cursors (name, position) values ($1, $2)
           on conflict (name) do update set position = greatest(relay_cursors.position, excluded.position)`,
    values: [name, position],
  });
}
