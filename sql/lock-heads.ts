import type { Account } from '../domain/account.ts';
import { parseStream, type StreamId, type Tenant } from '../domain/ids.ts';
import type { Transfer } from '../domain/transfer.ts';
import type { Queryable } from '../platform/postgres.ts';
import { decodeAccount, decodeTransfer } from './codec.ts';

/** A stream's head: its last version, the state folded up to it, and the last link of the hash chain. */
export type StoredHead = {
  readonly version: number;
  readonly state: Account | Transfer;
  readonly hash: string;
  readonly createdAt: string;
  readonly updatedAt: string;
};

type Row = {
  stream_id: string;
  version: number;
  state: unknown;
  hash: Buffer;
  created_at: string;
  updated_at: string;
};

const COLUMNS = 'stream_id, version, state, hash, created_at, updated_at';

/**
 * Locks the heads of these streams until the transaction ends, in id order, so that two transactions over the
 * same streams never wait for each other in a circle. Streams without a head are absent from the answer.
 * @throws where a head's state is not what Remit writes (checked again on every read).
 */
export async function lockHeads(
  client: Queryable,
  tenant: Tenant,
  streams: readonly StreamId[],
): Promise<Map<string, StoredHead>> {
  const { rows } = await client.query<Row>({
    name: 'lock-heads',
    text: `select ${COLUMNS} from heads
           where tenant = $1 and stream_id = any($2)
           order by stream_id collate "C"
           for no key update`,
    values: [tenant, [...new Set(streams)]],
  });
  return new Map(rows.map((row) => [row.stream_id, toHead(row)]));
}

/** Reads one head without locking it: the write side's answer to a GET. */
export async function readHead(
  db: Queryable,
  tenant: Tenant,
  streamId: StreamId,
): Promise<StoredHead | undefined> {
  const { rows } = await db.query<Row>({
    name: 'read-head',
    text: `select ${COLUMNS} from heads where tenant = $1 and stream_id = $2`,
    values: [tenant, streamId],
  });
  return rows[0] && toHead(rows[0]);
}

function toHead(row: Row): StoredHead {
  const account = parseStream(row.stream_id).kind === 'account';
  const state = account ? decodeAccount(row.state) : decodeTransfer(row.state, row.updated_at);
  if (state === null) throw new Error(`head ${row.stream_id} has no state`);
  return {
    version: row.version,
    state,
    hash: row.hash.toString('hex'),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
